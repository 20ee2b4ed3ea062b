"""The system itself: its health, and drops that belong to no event."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


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


class DeepHealth(Health):
    """`milliseconds` is how long each part took. `telemetry` is off where nobody is told, and failing where nobody
    takes what is sent, which keeps nothing from working.
    """

    milliseconds: dict[str, float]
    telemetry: Literal["off", "ok", "failing"]
