"""Events, images and people as they are kept."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kanta_core.domain.faces import Box
from kanta_core.domain.guests import GuestsSee


class ImageStatus(StrEnum):
    """Where an image stands. Everything but `pending` is final."""

    PENDING = "pending"
    ENCODED = "encoded"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One gathering. `pending` counts its photos that are not final yet.

    `qr_code_blob` is that of its invitation, as long as it lets anybody in.
    """

    id: uuid.UUID
    code: str
    name: str | None
    description: str | None
    start_date_time: datetime | None
    end_date_time: datetime | None
    image_blob: str | None
    guests_see: GuestsSee
    qr_code_blob: str | None
    created_at: datetime
    last_modified: datetime
    running: bool
    pending: int
    people_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One stored photo of one event. `sha256` is None until its bytes were read, `encoder` until encoded.

    `taken_at` is what the camera's clock showed, without a zone.
    """

    id: uuid.UUID
    event_id: uuid.UUID
    event_code: str
    blob_name: str
    name: str
    etag: str | None
    sha256: bytes | None
    size: int | None
    file_extension: str | None
    width: int | None
    height: int | None
    taken_at: datetime | None
    encoder: str | None
    faces: int
    status: ImageStatus
    status_reason: str | None
    duplicate_of: uuid.UUID | None
    encode_again: bool
    created_at: datetime
    last_modified: datetime

    @property
    def waits(self) -> bool:
        """Whether its bytes are to be encoded, for the first time or once more."""
        return self.status is ImageStatus.PENDING or self.encode_again


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFace:
    """A face as readers see it: without its embedding. `sha256` is that of the bytes it was found in."""

    id: uuid.UUID
    event_id: uuid.UUID
    image_id: uuid.UUID
    sha256: bytes
    cluster_id: int
    box: Box
    score: float
    quality: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One face that shows who a person is, and the blob and the bytes it was found in."""

    face_id: uuid.UUID
    event_id: uuid.UUID
    sha256: bytes
    blob_name: str
    file_extension: str | None
    box: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The faces of one human inside one event; `cluster_id` -1 gathers those in no person yet, without a revision.

    `revision` rises whenever its faces, name, visibility or cover change. `former_numbers` lead to it as well.
    """

    cluster_id: int
    revision: int | None
    name: str | None
    hidden: bool
    cover_face_id: uuid.UUID | None
    former_numbers: tuple[int, ...]
    face_count: int
    image_count: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A stored face near a face somebody asked about; `distance` is in the metric they asked for."""

    face: StoredFace
    blob_name: str
    file_extension: str | None
    distance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A person by how probably it is the human somebody shows, and the nearest of the faces that say so.

    `margin` is how much further away the nearest other person is, in cosine distance as that of the `faces`;
    negative where another is nearer, None where there is no other near. Number -1, without a name and a revision,
    are faces in no person, of which `face_count` are like the one shown.
    """

    cluster_id: int
    name: str | None
    revision: int | None
    probability: float
    margin: float | None
    face_count: int
    faces: tuple[Match, ...]
