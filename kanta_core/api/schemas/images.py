"""Images and the faces in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kanta_core.domain.faces import Box
from kanta_core.domain.records import Image, ImageStatus, StoredFace
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import PICTURE_TYPE, PICTURES, crop_name, thumbnail_name
from kanta_core.vision.formats import content_type

_LONGEST_EXTENSION = 5


class ImageOut(BaseModel):
    """One photo. `status_reason` says why it is rejected, failed or a duplicate."""

    uuid: UUID
    event_code: str
    name: str
    azure_blob_url: str = Field(description="The photo as it came, with whatever its camera wrote into it.")
    thumbnail_url: str | None = Field(
        description="At most 640 px wide and high, a JPEG without metadata; null until the photo is encoded."
    )
    file_extension: str | None
    size: int | None
    width: int | None
    height: int | None
    taken_at: str | None = Field(
        description="What the camera's clock showed, in whatever zone it was set to: without an offset.",
        examples=["2026-05-01T14:03:22"],
    )
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
            thumbnail_url=_thumbnail_link(image, blobs),
            file_extension=image.file_extension or _hinted_extension(image.blob_name),
            size=image.size,
            width=image.width,
            height=image.height,
            taken_at=None if image.taken_at is None else image.taken_at.isoformat(),
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
    score: float = Field(description="How sure the detector is that this is a face, from 0.")
    quality: float = Field(description="How well the face can be told from others', 0 to 1.")
    crop_url: str = Field(description="The face upright, a small JPEG without metadata.")

    @classmethod
    def of(cls, face: StoredFace, blobs: Blobs) -> FaceOut:
        return cls(
            face_id=face.id,
            cluster_id=face.cluster_id,
            bbox=BoxOut.of(face.box),
            score=face.score,
            quality=face.quality,
            crop_url=crop_link(face.event_id, face.sha256, face.id, blobs),
        )


class ImageWithFaces(BaseModel):
    image: ImageOut
    faces: list[FaceOut]


def crop_link(event_id: UUID, sha256: bytes, face_id: UUID, blobs: Blobs) -> str:
    return blobs.link(crop_name(event_id, sha256, face_id), content_type=PICTURE_TYPE, container=PICTURES)


def _thumbnail_link(image: Image, blobs: Blobs) -> str | None:
    if image.encoder is None or image.sha256 is None:
        return None
    name = thumbnail_name(image.event_id, image.sha256)
    return blobs.link(name, content_type=PICTURE_TYPE, container=PICTURES)


def _hinted_extension(blob_name: str) -> str | None:
    # Until the bytes are read, the name is the only hint.
    _, dot, extension = blob_name.rsplit("/", 1)[-1].rpartition(".")
    extension = extension.lower()
    return extension if dot and extension.isalnum() and len(extension) <= _LONGEST_EXTENSION else None
