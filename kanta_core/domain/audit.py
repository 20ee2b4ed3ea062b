"""What is written down when somebody changes something: who did what to what."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kanta_core.domain.access import Caller


class Action(StrEnum):
    """What can be done in an event that is worth writing down."""

    EVENT_CREATED = "event-created"
    EVENT_CHANGED = "event-changed"
    EVENT_IMAGE_SET = "event-image-set"
    PHOTO_DELETED = "photo-deleted"
    PHOTO_RETRIED = "photo-retried"
    CORRECTION_MADE = "correction-made"
    CORRECTION_UNDONE = "correction-undone"
    CORRECTION_REDONE = "correction-redone"
    TOKEN_MADE = "token-made"  # noqa: S105 - a name
    TOKEN_REVOKED = "token-revoked"  # noqa: S105 - a name
    INVITATION_MADE = "invitation-made"
    INVITATION_REVOKED = "invitation-revoked"
    FACES_FORGOTTEN = "faces-forgotten"
    TICKET_MADE = "upload-ticket-made"
    EXPORT_MADE = "export-made"
    WEBHOOK_MADE = "webhook-made"
    WEBHOOK_DELETED = "webhook-deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of an event's audit. `token_id` is None where the organiser acted; `details` depend on `action`."""

    id: int
    at: datetime
    token_id: uuid.UUID | None
    label: str | None
    action: str
    target: str | None
    details: Mapping[str, object]


_acting: ContextVar[Caller | None] = ContextVar("acting", default=None)


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """What is done in this block, in threads it hands work to as well, is done by `caller`."""
    before = _acting.set(caller)
    try:
        yield
    finally:
        _acting.reset(before)


def who_acts() -> Caller | None:
    """Who asked for what is being done; None where Kanta does it on its own."""
    return _acting.get()
