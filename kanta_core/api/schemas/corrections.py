"""Corrections, as they come in and go out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from kanta_core.api.schemas.people import PersonOut
from kanta_core.domain.corrections import Correction, CorrectionKind, Statement
from kanta_core.pipeline.people.correct import Corrected
from kanta_core.storage.blobs import Blobs

_MOST_FACES = 1_000
_MOST_PEOPLE = 100
_OF_WHOLE_PEOPLE = (CorrectionKind.MERGE, CorrectionKind.ONE_PERSON, CorrectionKind.DIFFERENT_PEOPLE)


def _plain(text: str) -> str:
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("holds a character that text can't have")
    if not text.strip():
        raise ValueError("is empty; null takes a name away")
    return text.strip()


Number = Annotated[int, Field(ge=1, lt=2**31)]
Revision = Annotated[int, Field(ge=1, lt=2**63)]
FaceIds = Annotated[list[UUID], Field(min_length=1, max_length=_MOST_FACES)]


class _Asked(BaseModel):
    revisions: dict[Number, Revision] = Field(
        default={},
        max_length=_MOST_PEOPLE,
        description="The revision at which each person was looked at: of every person the correction names, and "
        "of any other whose change should stop it.",
        examples=[{"3": 7}],
    )


class NameIn(_Asked):
    """The person is called so."""

    kind: Literal[CorrectionKind.NAME]
    cluster_id: Number
    name: Annotated[str, AfterValidator(_plain)] | None = Field(description="null takes the name away.")

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, name=self.name)


class MergeIn(_Asked):
    """Both are one person, who goes on as `into_cluster_id`."""

    kind: Literal[CorrectionKind.MERGE]
    cluster_id: Number
    into_cluster_id: Number

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, other_cluster_id=self.into_cluster_id)


class SplitIn(_Asked):
    """These faces are another person's, who gets a number of its own."""

    kind: Literal[CorrectionKind.SPLIT]
    cluster_id: Number
    face_ids: FaceIds

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, face_ids=_once(self.face_ids))


class MoveIn(_Asked):
    """These faces are that person's."""

    kind: Literal[CorrectionKind.MOVE]
    face_ids: FaceIds
    into_cluster_id: Number

    def statement(self) -> Statement:
        return Statement(kind=self.kind, other_cluster_id=self.into_cluster_id, face_ids=_once(self.face_ids))


class NotThisPersonIn(_Asked):
    """These faces are not this person's, whoever's they are."""

    kind: Literal[CorrectionKind.NOT_THIS_PERSON]
    cluster_id: Number
    face_ids: FaceIds

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, face_ids=_once(self.face_ids))


class NeverGroupIn(_Asked):
    """These faces are to be in no person."""

    kind: Literal[CorrectionKind.NEVER_GROUP]
    face_ids: FaceIds

    def statement(self) -> Statement:
        return Statement(kind=self.kind, face_ids=_once(self.face_ids))


class HideIn(_Asked):
    """The person is left out of lists, or shown again."""

    kind: Literal[CorrectionKind.HIDE]
    cluster_id: Number
    hidden: bool = True

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, hidden=self.hidden)


class CoverIn(_Asked):
    """This face shows the person."""

    kind: Literal[CorrectionKind.COVER]
    cluster_id: Number
    face_id: UUID | None = Field(description="null: the best one does.")

    def statement(self) -> Statement:
        chosen = () if self.face_id is None else (self.face_id,)
        return Statement(kind=self.kind, cluster_id=self.cluster_id, face_ids=chosen)


class OnePersonIn(_Asked):
    """All its faces are this one person's: they stay together, and nobody asks again."""

    kind: Literal[CorrectionKind.ONE_PERSON]
    cluster_id: Number

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id)


class DifferentPeopleIn(_Asked):
    """These two are never one person, however alike they look."""

    kind: Literal[CorrectionKind.DIFFERENT_PEOPLE]
    cluster_id: Number
    other_cluster_id: Number

    def statement(self) -> Statement:
        return Statement(kind=self.kind, cluster_id=self.cluster_id, other_cluster_id=self.other_cluster_id)


CorrectionIn = Annotated[
    NameIn
    | MergeIn
    | SplitIn
    | MoveIn
    | NotThisPersonIn
    | NeverGroupIn
    | HideIn
    | CoverIn
    | OnePersonIn
    | DifferentPeopleIn,
    Field(discriminator="kind"),
]


class CorrectionOut(BaseModel):
    """One correction; `id` counts inside the event. What does not count for its kind is null."""

    id: int
    kind: CorrectionKind
    cluster_id: int | None = Field(description="The person it speaks of.")
    other_cluster_id: int | None = Field(
        description="The other person it speaks of: whom a merge or a move leads to, whom a split made, who "
        "`cluster_id` is not."
    )
    face_ids: list[UUID] = Field(description="The faces that were named; none for what is about whole people.")
    name: str | None
    hidden: bool | None
    made_at: datetime
    undone_at: datetime | None

    @classmethod
    def of(cls, correction: Correction) -> CorrectionOut:
        its = correction.statement
        whole = its.kind in _OF_WHOLE_PEOPLE
        return cls(
            id=correction.id,
            kind=its.kind,
            cluster_id=its.cluster_id,
            other_cluster_id=its.other_cluster_id,
            face_ids=[] if whole else list(its.face_ids),
            name=its.name,
            hidden=its.hidden,
            made_at=correction.made_at,
            undone_at=correction.undone_at,
        )


class CorrectedOut(BaseModel):
    """A correction and the people that it changed, as they are now."""

    correction: CorrectionOut
    people: list[PersonOut]

    @classmethod
    def of(cls, corrected: Corrected, blobs: Blobs) -> CorrectedOut:
        return cls(
            correction=CorrectionOut.of(corrected.correction),
            people=[PersonOut.of(person, blobs) for person in corrected.people],
        )


def _once(face_ids: list[UUID]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(face_ids))
