"""Who may do what: the scopes of a token, and whoever asks."""

from __future__ import annotations

import hashlib
import re
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

# Lets people and scanners of leaked secrets know one when they see it.
_PREFIX = "kanta_"
_FORM = re.compile(rf"{_PREFIX}[A-Za-z0-9_-]{{43}}", re.ASCII)


class Scope(StrEnum):
    """What a token lets its bearer do in its event; `manage` covers the others.

    `join`: show a photo of oneself and get a link to one's own photos; `guest`: see what is the bearer's to see.
    """

    UPLOAD = "upload"
    SEARCH = "search"
    BROWSE = "browse"
    MANAGE = "manage"
    JOIN = "join"
    GUEST = "guest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """What is kept of a token; its text is not. `made_by` is the token its maker had, None for the organiser."""

    id: uuid.UUID
    event_id: uuid.UUID
    scopes: frozenset[Scope]
    label: str | None
    made_by: uuid.UUID | None
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks: the bearer of an event's token, or the organiser, who has none and may do everything.

    `codes` are all that lead to the token's event.
    """

    token: Token | None
    codes: frozenset[str] = frozenset()

    def may(self, needed: Scope | None) -> bool:
        """Whether this is somebody to do what needs the scope; what needs None is the organiser's alone."""
        if self.token is None:
            return True
        return needed is not None and not self.token.scopes.isdisjoint({needed, Scope.MANAGE})

    def may_grant(self, scopes: Collection[Scope]) -> bool:
        """Whether this is somebody to give others a token of these scopes: `manage` is the organiser's to give."""
        return self.token is None or Scope.MANAGE not in scopes

    def knows(self, code: str) -> bool:
        """Whether the event of this code may be known to the caller. Others' events are as good as none."""
        return self.token is None or code in self.codes

    def sees(self, event_id: uuid.UUID) -> bool:
        """The same for an event that is there."""
        return self.token is None or self.token.event_id == event_id


ORGANISER = Caller(None)


def new_token() -> str:
    """The text of a new token: 256 random bits."""
    return _PREFIX + secrets.token_urlsafe(32)


def token_sha256(text: str) -> bytes | None:
    """What a token is found by; None for a text that can be no token's."""
    return hashlib.sha256(text.encode()).digest() if _FORM.fullmatch(text) else None
