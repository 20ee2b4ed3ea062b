"""Guests: what an organiser lets them see, and what they agree to before any face is matched."""

from __future__ import annotations

from enum import StrEnum

# A new text is a new version: what was agreed to is recorded by it.
CONSENT_VERSION = "2026-11-21"
CONSENT_TEXT = (
    "I agree that my photo is compared with the faces in this event's photos to find those that show me; my photo "
    "is not kept, and I can have my faces forgotten at any time."
)


class GuestsSee(StrEnum):
    """Which photos of an event its guests see: those that show them, or all."""

    THEMSELVES = "themselves"
    EVERYTHING = "everything"
