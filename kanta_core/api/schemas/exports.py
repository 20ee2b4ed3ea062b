"""Exports, as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.domain.exports import Export, ExportKind, ExportStatus
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EXPORTS


class ExportIn(BaseModel):
    """An export to be written."""

    kind: ExportKind = Field(
        description="`zip`: the photos as they came, under the names people gave them, the same bytes once. `csv` "
        "and `json`: a row for each face, without embeddings: `face_id`, `image_uuid`, `photo` (its name), "
        "`taken_at` (the camera's clock), `created_at`, `cluster_id` (-1: in no person), `person` (the name), "
        "`hidden`, `x`, `y`, `width` and `height` in pixels of the upright photo, `score` and `quality`; JSON has "
        "the `people` as well."
    )
    cluster_id: int | None = Field(
        default=None, ge=1, lt=2**31, description="Only this person; left out: the whole event."
    )


class ExportOut(BaseModel):
    """An export and how far it is. `failed` says why in `reason`; what is `expired` can be asked for again."""

    id: UUID
    kind: ExportKind
    cluster_id: int | None
    status: ExportStatus
    reason: str | None
    url: str | None = Field(
        description="Reads the file for a while, under a name to save it by; null until it is ready. Each "
        "look gives a new one."
    )
    size: int | None = Field(description="Bytes; null until it is ready.")
    photos: int = Field(description="How many photos are in it, so far while it is pending.")
    created_at: datetime
    expires_at: datetime | None = Field(description="When the file is deleted: a day after it was ready.")

    @classmethod
    def of(cls, export: Export, blobs: Blobs) -> ExportOut:
        ready = export.status is ExportStatus.READY
        return cls(
            id=export.id,
            kind=export.kind,
            cluster_id=export.cluster_id,
            status=export.status,
            reason=export.reason,
            url=_link(export, blobs) if ready else None,
            size=export.size if ready else None,
            photos=export.photos,
            created_at=export.created_at,
            expires_at=export.expires_at,
        )


def _link(export: Export, blobs: Blobs) -> str:
    return blobs.link(
        export.blob_name, content_type=export.content_type, container=EXPORTS, file_name=export.file_name
    )
