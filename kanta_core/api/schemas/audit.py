"""The audit of an event, as it is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.domain.audit import Entry


class AuditOut(BaseModel):
    """Who did what in the event, and when."""

    id: int
    at: datetime
    token_id: UUID | None = Field(description="The token it was done with; null: the organiser's key.")
    label: str | None = Field(description="What the token was known by at the time.")
    action: str = Field(description="What was done; there may come more kinds.", examples=["photo-deleted"])
    target: str | None = Field(description="What it was done to: the id of a photo, a token, a correction.")
    details: dict[str, Any] = Field(description="Depending on the action: kinds, numbers, names of fields.")

    @classmethod
    def of(cls, entry: Entry) -> AuditOut:
        return cls(
            id=entry.id,
            at=entry.at,
            token_id=entry.token_id,
            label=entry.label,
            action=entry.action,
            target=entry.target,
            details=dict(entry.details),
        )
