"""People, and the faces near one that somebody shows."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel

from kanta_core.api.schemas.images import BoxOut, crop_link
from kanta_core.domain.records import Match, Person, Sample
from kanta_core.storage.blobs import Blobs
from kanta_core.vision.formats import content_type


class SampleOut(BaseModel):
    face_id: UUID
    sample_blob_url: str
    sample_bbox: BoxOut
    crop_url: str

    @classmethod
    def of(cls, sample: Sample, blobs: Blobs) -> SampleOut:
        link = blobs.link(sample.blob_name, content_type=content_type(sample.file_extension))
        return cls(
            face_id=sample.face_id,
            sample_blob_url=link,
            sample_bbox=BoxOut.of(sample.box),
            crop_url=crop_link(sample.event_id, sample.sha256, sample.face_id, blobs),
        )


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
    quality: float
    crop_url: str
    distance: float

    @classmethod
    def of(cls, match: Match, blobs: Blobs) -> MatchOut:
        return cls(
            face_id=match.face.id,
            image_uuid=match.face.image_id,
            azure_blob_url=blobs.link(match.blob_name, content_type=content_type(match.file_extension)),
            cluster_id=match.face.cluster_id,
            bbox=BoxOut.of(match.face.box),
            quality=match.face.quality,
            crop_url=crop_link(match.face.event_id, match.face.sha256, match.face.id, blobs),
            distance=match.distance,
        )
