"""Webhooks: addresses that are told what happens in an event, and how they know that Kanta tells them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# Seconds before the second try, the third, …: a restart is hardly noticed, and one that is gone costs little.
_PAUSES = (15, 60, 300, 900, 3_600, 3_600, 7_200)
_LONGEST_PAUSE = 14_400


class NoticeKind(StrEnum):
    """What is told: photos were encoded, the people they make up changed."""

    PHOTO_ENCODED = "photo.encoded"
    PEOPLE_CHANGED = "people.changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address and what it is told; `waiting` notices are on their way.

    While it is failing, `failing_since`, `last_error` and `due_at`, its next try, say how. It was never told
    `given_up` notices. Its secret is not here.
    """

    id: uuid.UUID
    url: str
    kinds: frozenset[NoticeKind]
    made_by: uuid.UUID | None
    created_at: datetime
    waiting: int
    delivered_at: datetime | None
    failing_since: datetime | None
    last_error: str | None
    due_at: datetime
    given_up: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What is told in one request. Tried again it has the same `id` and the same `told`, in order."""

    id: uuid.UUID
    webhook_id: uuid.UUID
    url: str
    secret: bytes = field(repr=False)
    tries: int
    kind: NoticeKind
    event_code: str
    created_at: datetime
    told: Sequence[dict[str, Any]]

    def body(self) -> bytes:
        """The JSON that is sent: `photos` lists those that were encoded, `cluster_ids` the people that changed."""
        data: dict[str, Any] = {"photos": list(self.told)}
        if self.kind is NoticeKind.PEOPLE_CHANGED:
            data = {"cluster_ids": sorted({number for notice in self.told for number in notice["cluster_ids"]})}
        said = {
            "id": str(self.id),
            "kind": str(self.kind),
            "event_code": self.event_code,
            "created_at": self.created_at.isoformat(),
            "data": data,
        }
        return json.dumps(said, ensure_ascii=False).encode()


def new_secret() -> str:
    """A new webhook's secret: 32 characters, 192 random bits. Its ASCII bytes are the key of the signatures."""
    return secrets.token_urlsafe(24)


def signature(secret: bytes, body: bytes, *, moment: int) -> str:
    """The `Kanta-Signature` of a body sent at this Unix time: HMAC-SHA256, in hex, of `{time}.{body}`.

    The time is signed so that a receiver can refuse what somebody recorded and sends again later.
    """
    signed = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def pause_after(tries: int) -> float:
    """Seconds until the next try after so many that failed in a row."""
    return _PAUSES[tries - 1] if tries <= len(_PAUSES) else _LONGEST_PAUSE
