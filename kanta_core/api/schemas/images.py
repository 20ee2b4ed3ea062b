"""Images and the faces in them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from kanta_core.domain.faces import Box
from kanta_core.domain.records import Image, ImageStatus, StoredFace
from kanta_core.storage.blobs import Blobs
from kanta_core.vision.formats import content_type

_LONGEST_EXTENSION = 5


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


def _hinted_extension(blob_name: str) -> str | None:
    # Until the bytes are read, the name is the only hint.
    _, dot, extension = blob_name.rsplit("/", 1)[-1].rpartition(".")
    extension = extension.lower()
    return extension if dot and extension.isalnum() and len(extension) <= _LONGEST_EXTENSION else None
