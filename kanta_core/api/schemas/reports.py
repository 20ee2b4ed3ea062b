"""Doubts and the report of an event."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.api.schemas.people import COHESION, PersonOut
from kanta_core.domain.records import ImageStatus
from kanta_core.pipeline.people.report import Doubtful, Report
from kanta_core.storage.blobs import Blobs


class DoubtedPerson(PersonOut):
    cohesion: float = Field(description=COHESION)


class DoubtOut(BaseModel):
    """One person who may be two, or two people who may be one."""

    kind: Literal["two_people", "same_person"]
    probability: float = Field(description="Of ten doubts with 0.3, three are right.")
    people: list[DoubtedPerson]
    face_ids: list[UUID] = Field(description="Of a person who may be two: the faces of the smaller side.")

    @classmethod
    def of(cls, doubt: Doubtful, blobs: Blobs) -> DoubtOut:
        people = [
            DoubtedPerson(**dict(PersonOut.of(person, blobs)), cohesion=round(cohesion, 3))
            for person, cohesion in zip(doubt.people, doubt.cohesion, strict=True)
        ]
        return cls(
            kind="two_people" if doubt.kind == "two_people" else "same_person",
            probability=round(doubt.probability, 3),
            people=people,
            face_ids=list(doubt.face_ids),
        )


class LeftOut(BaseModel):
    """Faces in no person, by reason."""

    too_poor: int = Field(0, description="Too small, blurred or turned to tell whose they are.")
    never_grouped: int = Field(0, description="An organiser said so.")
    told_apart: int = Field(0, description="Organisers told them apart from whom they are like.")
    waiting: int = Field(0, description="They came after the last recluster.")


class ReportOut(BaseModel):
    """An event in numbers."""

    photos: dict[ImageStatus, int]
    people: int
    singletons: int = Field(description="People with a single face.")
    named: int
    hidden: int
    doubtful: int = Field(description="People with a doubt of at least 0.25; see `/doubts`.")
    faces: int = Field(description="Faces that are in a person.")
    left_out: LeftOut
    people_current: bool

    @classmethod
    def of(cls, report: Report) -> ReportOut:
        return cls(
            photos={status: report.photos.get(status, 0) for status in ImageStatus},
            people=report.people.people,
            singletons=report.people.singletons,
            named=report.people.named,
            hidden=report.people.hidden,
            doubtful=report.doubtful,
            faces=report.people.faces,
            left_out=LeftOut(**report.left_out),
            people_current=report.event.people_current,
        )
