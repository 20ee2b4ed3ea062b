"""Exports: what of an event is put into one file to take away, and how far it is written."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ExportKind(StrEnum):
    """The photos in a ZIP, or a table of the faces and whose they are."""

    ZIP = "zip"
    CSV = "csv"
    JSON = "json"


class ExportStatus(StrEnum):
    """Where an export stands. A `ready` one expires a day later."""

    PENDING = "pending"
    READY = "ready"
    FAILED = "failed"
    EXPIRED = "expired"


_CONTENT_TYPES = {
    ExportKind.ZIP: "application/zip",
    ExportKind.CSV: "text/csv; charset=utf-8",
    ExportKind.JSON: "application/json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """One export, of a person or of the whole event; of a guest's photos where `token_id` is that guest's.

    While it is pending, `photos` counts those that are in it so far.
    """

    id: uuid.UUID
    event_id: uuid.UUID
    event_code: str
    kind: ExportKind
    cluster_id: int | None
    token_id: uuid.UUID | None
    status: ExportStatus
    reason: str | None
    photos: int
    size: int | None
    created_at: datetime
    expires_at: datetime | None

    @property
    def blob_name(self) -> str:
        return f"{self.event_id}/{self.id}"

    @property
    def content_type(self) -> str:
        return _CONTENT_TYPES[self.kind]

    @property
    def file_name(self) -> str:
        """What it is called where it is saved."""
        whose = "" if self.cluster_id is None else f"-person-{self.cluster_id}"
        what = "photos" if self.kind is ExportKind.ZIP else "faces"
        mine = "my-" if self.token_id is not None else ""
        return f"{self.event_code}{whose}-{mine}{what}.{self.kind}"


@dataclass(slots=True)
class Progress:
    """How far an export is written. Another message goes on from here, in whichever process.

    `blocks` and `directory` are the ids of staged blocks: of the content, and of a ZIP's central directory, which
    comes after it. `position` and `directory_size` count their bytes, `entries` files of a ZIP or rows of a
    table. `after` is the photo that was written last: when it came, RFC 3339, and its id. Of a guest's ZIP `shown`
    has the ids of its photos: it is that guest's for as long as all of them are.
    """

    blocks: list[str] = field(default_factory=list)
    directory: list[str] = field(default_factory=list)
    position: int = 0
    directory_size: int = 0
    entries: int = 0
    photos: int = 0
    shown: list[str] = field(default_factory=list)
    after: tuple[str, str] = ("-infinity", str(uuid.UUID(int=0)))

    @classmethod
    def of(cls, kept: Mapping[str, Any] | None) -> Progress:
        """What `as_json` kept; None: nothing is written yet."""
        return cls(**{**kept, "after": tuple(kept["after"])}) if kept else cls()

    @property
    def size(self) -> int:
        """All bytes that are written."""
        return self.position + self.directory_size

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
