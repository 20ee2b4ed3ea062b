"""Many photos at once: which, and what became of each."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, model_validator

from kanta_core.pipeline.photos.bulk import MOST, Outcome, Outcomes

Uuids = Annotated[list[UUID], Field(min_length=1, max_length=MOST)]


class DeletionsIn(BaseModel):
    """Photos to delete."""

    uuids: Uuids


class RetriesIn(BaseModel):
    """Photos to try again: these, or all of a status."""

    uuids: Uuids | None = None
    status: Literal["failed", "rejected"] | None = Field(
        default=None, description=f"The oldest {MOST} of this status, whichever they are."
    )

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.uuids is None) == (self.status is None):
            raise ValueError("give either uuids or a status")
        return self


class OutcomeOut(BaseModel):
    """What became of one photo: what is `later` was not begun, and is to be asked for again."""

    uuid: UUID
    outcome: Outcome


class OutcomesOut(BaseModel):
    """What became of each photo. `left` counts those of the status asked for that were too many at once."""

    outcomes: list[OutcomeOut]
    left: int = 0

    @classmethod
    def of(cls, outcomes: Outcomes, *, left: int = 0) -> OutcomesOut:
        return cls(outcomes=[OutcomeOut(uuid=each, outcome=its) for each, its in outcomes.items()], left=left)
