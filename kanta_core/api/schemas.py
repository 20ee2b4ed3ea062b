"""The shapes of the API: what comes in, and domain values as they go out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict

from kanta_core.domain.faces import Box
from kanta_core.domain.records import Event, Image, ImageStatus, Match, Person, Sample, StoredFace
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EVENT_IMAGES
from kanta_core.vision.formats import content_type

_LONGEST_EXTENSION = 5


def _utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


# A time without an offset is taken as UTC.
Moment = Annotated[datetime, AfterValidator(_utc)]


class EventIn(BaseModel):
    """A new event."""

    event_code: str
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None


class EventChange(BaseModel):
    """What changes about an event: what is left out stays, null clears."""

    event_code: str
    new_event_code: str = ""
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None


class EventOnly(BaseModel):
    event_code: str


class EventOut(BaseModel):
    id: UUID
    code: str
    name: str | None
    description: str | None
    start_date_time: datetime | None
    end_date_time: datetime | None
    created_at: datetime
    last_modified: datetime
    running: bool
    event_image_url: str | None
    # What a QR code would lead to, the guests' page, does not exist yet.
    qr_code_image_url: str | None
    pending: int
    people_current: bool

    @classmethod
    def of(cls, event: Event, blobs: Blobs) -> EventOut:
        url = None
        if event.image_blob is not None:
            extension = event.image_blob.rsplit(".", 1)[-1]
            url = blobs.link(event.image_blob, content_type=content_type(extension), container=EVENT_IMAGES)
        return cls(
            id=event.id,
            code=event.code,
            name=event.name,
            description=event.description,
            start_date_time=event.start_date_time,
            end_date_time=event.end_date_time,
            created_at=event.created_at,
            last_modified=event.last_modified,
            running=event.running,
            event_image_url=url,
            qr_code_image_url=None,
            pending=event.pending,
            people_current=event.people_current,
        )


class Events(BaseModel):
    events: list[EventOut]


class ImageOut(BaseModel):
    """One photo. `status_reason` says why it is rejected, failed or a duplicate."""

    uuid: UUID
    event_code: str
    name: str
    azure_blob_url: str
    file_extension: str | None
    size: int | None
    width: int | None
    height: int | None
    faces: int
    status: ImageStatus
    status_reason: str | None
    duplicate_of: UUID | None
    created_at: datetime
    last_modified: datetime

    @classmethod
    def of(cls, image: Image, blobs: Blobs) -> ImageOut:
        return cls(
            uuid=image.id,
            event_code=image.event_code,
            name=image.name,
            azure_blob_url=blobs.link(image.blob_name, content_type=content_type(image.file_extension)),
            file_extension=image.file_extension or _hinted_extension(image.blob_name),
            size=image.size,
            width=image.width,
            height=image.height,
            faces=image.faces,
            status=image.status,
            status_reason=image.status_reason,
            duplicate_of=image.duplicate_of,
            created_at=image.created_at,
            last_modified=image.last_modified,
        )


class UploadOut(ImageOut):
    """An upload's image. `blob_url` is `azure_blob_url` again, under the name uploads have for it."""

    blob_url: str

    @classmethod
    def of(cls, image: Image, blobs: Blobs) -> UploadOut:
        row = ImageOut.of(image, blobs)
        return cls(**row.model_dump(), blob_url=row.azure_blob_url)


class BoxOut(BaseModel):
    """A rectangle in pixels of the upright image."""

    model_config = ConfigDict(from_attributes=True)

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def of(cls, box: Box) -> BoxOut:
        return cls.model_validate(box)


class FaceOut(BaseModel):
    face_id: UUID
    cluster_id: int
    bbox: BoxOut
    score: float

    @classmethod
    def of(cls, face: StoredFace) -> FaceOut:
        return cls(face_id=face.id, cluster_id=face.cluster_id, bbox=BoxOut.of(face.box), score=face.score)


class ImageWithFaces(BaseModel):
    image: ImageOut
    faces: list[FaceOut]


class SampleOut(BaseModel):
    face_id: UUID
    sample_blob_url: str
    sample_bbox: BoxOut

    @classmethod
    def of(cls, sample: Sample, blobs: Blobs) -> SampleOut:
        link = blobs.link(sample.blob_name, content_type=content_type(sample.file_extension))
        return cls(face_id=sample.face_id, sample_blob_url=link, sample_bbox=BoxOut.of(sample.box))


class PersonOut(BaseModel):
    """One person; `cluster_id` -1 gathers the faces that are in no person yet."""

    cluster_id: int
    name: str | None
    face_count: int
    image_count: int
    samples: list[SampleOut]

    @classmethod
    def of(cls, person: Person, blobs: Blobs) -> PersonOut:
        return cls(
            cluster_id=person.cluster_id,
            name=person.name,
            face_count=person.face_count,
            image_count=person.image_count,
            samples=[SampleOut.of(sample, blobs) for sample in person.samples],
        )


class MatchOut(BaseModel):
    """A face near the one that was shown; `distance` is in the metric asked for."""

    face_id: UUID
    image_uuid: UUID
    azure_blob_url: str
    cluster_id: int
    bbox: BoxOut
    distance: float

    @classmethod
    def of(cls, match: Match, blobs: Blobs) -> MatchOut:
        return cls(
            face_id=match.face.id,
            image_uuid=match.face.image_id,
            azure_blob_url=blobs.link(match.blob_name, content_type=content_type(match.file_extension)),
            cluster_id=match.face.cluster_id,
            bbox=BoxOut.of(match.face.box),
            distance=match.distance,
        )


class DropOut(BaseModel):
    """A blob that belongs to no event: it waits for one (`waiting`), or `problem` says why none can claim it."""

    blob_name: str
    event_code: str | None
    waiting: bool
    problem: str | None
    first_seen: datetime


class Drops(BaseModel):
    drops: list[DropOut]


class Health(BaseModel):
    status: str
    version: str
    parts: dict[str, str]


def _hinted_extension(blob_name: str) -> str | None:
    # Until the bytes are read, the name is the only hint.
    _, dot, extension = blob_name.rsplit("/", 1)[-1].rpartition(".")
    extension = extension.lower()
    return extension if dot and extension.isalnum() and len(extension) <= _LONGEST_EXTENSION else None
