"""Events, as they come in and go out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.api.schemas.times import Moment
from kanta_core.domain.records import Event
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EVENT_IMAGES
from kanta_core.vision.formats import content_type


class EventIn(BaseModel):
    """A new event."""

    event_code: str
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None


class EventChange(BaseModel):
    """What changes about an event: what is left out stays, null clears."""

    event_code: str
    # Empty when left out, which is no code; null is not a code either.
    new_event_code: str = Field(default_factory=str, description="The former codes go on leading to the event.")
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None


class EventOnly(BaseModel):
    event_code: str


class EventOut(BaseModel):
    id: UUID
    code: str
    name: str | None
    description: str | None
    start_date_time: datetime | None
    end_date_time: datetime | None
    created_at: datetime
    last_modified: datetime
    running: bool
    event_image_url: str | None
    # What a QR code would lead to, the guests' page, does not exist yet.
    qr_code_image_url: str | None
    pending: int
    people_current: bool

    @classmethod
    def of(cls, event: Event, blobs: Blobs) -> EventOut:
        url = None
        if event.image_blob is not None:
            extension = event.image_blob.rsplit(".", 1)[-1]
            url = blobs.link(event.image_blob, content_type=content_type(extension), container=EVENT_IMAGES)
        return cls(
            id=event.id,
            code=event.code,
            name=event.name,
            description=event.description,
            start_date_time=event.start_date_time,
            end_date_time=event.end_date_time,
            created_at=event.created_at,
            last_modified=event.last_modified,
            running=event.running,
            event_image_url=url,
            qr_code_image_url=None,
            pending=event.pending,
            people_current=event.people_current,
        )


class Events(BaseModel):
    events: list[EventOut]
