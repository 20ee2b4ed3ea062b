"""An event's photos over time."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from kanta_core.database.timelines import Timeline


class BarOut(BaseModel):
    """The photos of one stretch of time, and the faces in them."""

    at: str = Field(description="When it begins, without an offset.", examples=["2026-05-01T14:00:00"])
    photos: int
    faces: int


class TimelineOut(BaseModel):
    """Stretches of time with photos, in order; those without are left out."""

    clock: Literal["camera", "arrival"] = Field(
        description="Whether the times are the cameras' own, or when the photos arrived, in UTC."
    )
    step_seconds: int = Field(description="How long each stretch is.")
    elsewhere: int = Field(description="Photos left out: of more than 45 days before or after the event's middle.")
    bars: list[BarOut]

    @classmethod
    def of(cls, timeline: Timeline) -> TimelineOut:
        return cls(
            clock="camera" if timeline.by_camera else "arrival",
            step_seconds=round(timeline.step.total_seconds()),
            elsewhere=timeline.elsewhere,
            bars=[BarOut(at=bar.at.isoformat(), photos=bar.photos, faces=bar.faces) for bar in timeline.bars],
        )
