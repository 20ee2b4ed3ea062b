"""People, and the faces near one that somebody shows."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.api.schemas.images import BoxOut, FaceOut, crop_link
from kanta_core.domain.records import Found, Match, Person, Sample, StoredFace
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


class PersonState(BaseModel):
    """What is to be known of a person to correct it. A problem document has this much: it carries no links."""

    cluster_id: int
    revision: int | None = Field(
        description="Rises whenever the person's faces, name, visibility or cover change; null for -1."
    )
    name: str | None
    hidden: bool
    cover_face_id: UUID | None = Field(description="The face that was chosen to show the person.")
    former_numbers: list[int] = Field(description="Numbers that lead to this person as well.")
    face_count: int
    image_count: int

    @classmethod
    def of_person(cls, person: Person) -> PersonState:
        return cls(
            cluster_id=person.cluster_id,
            revision=person.revision,
            name=person.name,
            hidden=person.hidden,
            cover_face_id=person.cover_face_id,
            former_numbers=list(person.former_numbers),
            face_count=person.face_count,
            image_count=person.image_count,
        )


COHESION = "How alike the person's faces are: 1 the same, 0 as far apart as strangers'."


class PersonOut(PersonState):
    """One person; `cluster_id` -1 gathers the faces that are in no person yet."""

    samples: list[SampleOut] = Field(description="The cover first, then the best-seen faces.")

    @classmethod
    def of(cls, person: Person, blobs: Blobs) -> PersonOut:
        samples = [SampleOut.of(sample, blobs) for sample in person.samples]
        return cls(**dict(PersonState.of_person(person)), samples=samples)


class PersonFaceOut(FaceOut):
    """A face of a person, and the photo it is in."""

    image_uuid: UUID

    @classmethod
    def of(cls, face: StoredFace, blobs: Blobs) -> PersonFaceOut:
        return cls(**dict(FaceOut.of(face, blobs)), image_uuid=face.image_id)


class PersonWithFaces(PersonOut):
    """One person and a page of its faces."""

    cohesion: float = Field(description=COHESION)
    faces: list[PersonFaceOut]


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


class FoundOut(BaseModel):
    """A person who may be the human that was shown; `cluster_id` -1 are faces in no person yet that may be."""

    cluster_id: int
    name: str | None
    revision: int | None = Field(description="As of a person; null for -1.")
    probability: float = Field(
        description="That it is the same human: of ten found with 0.3, three are. For -1, of its nearest face."
    )
    margin: float | None = Field(
        description="How much further away the nearest other person is, in cosine distance; negative where "
        "another is nearer, null where nobody else is near."
    )
    face_count: int = Field(description="The faces of the person; of -1, those like the one that was shown.")
    faces: list[MatchOut] = Field(description="At most five that say so, the nearest first, in cosine distance.")

    @classmethod
    def of(cls, found: Found, blobs: Blobs) -> FoundOut:
        return cls(
            cluster_id=found.cluster_id,
            name=found.name,
            revision=found.revision,
            probability=found.probability,
            margin=found.margin,
            face_count=found.face_count,
            faces=[MatchOut.of(match, blobs) for match in found.faces],
        )


class ShownFace(BaseModel):
    """Where a face was found in a photo that shows too many."""

    bbox: BoxOut

    @classmethod
    def of(cls, box: tuple[int, int, int, int]) -> ShownFace:
        x, y, width, height = box
        return cls(bbox=BoxOut(x=x, y=y, width=width, height=height))
