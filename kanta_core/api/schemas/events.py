"""Events, as they come in and go out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.api.schemas.times import Moment
from kanta_core.domain.guests import GuestsSee
from kanta_core.domain.records import Event
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EVENT_IMAGES, QR_CODE_TYPE
from kanta_core.vision.formats import content_type

_GUESTS_SEE = "Whether guests see the photos that show them, or all of the event's."


class EventIn(BaseModel):
    """A new event."""

    event_code: str
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None
    guests_see: GuestsSee = Field(GuestsSee.THEMSELVES, description=_GUESTS_SEE)


class EventChange(BaseModel):
    """What changes about an event: what is left out stays, null clears."""

    event_code: str
    # Empty when left out, which is no code; null is not a code either.
    new_event_code: str = Field(default_factory=str, description="The former codes go on leading to the event.")
    name: str | None = None
    description: str | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None
    guests_see: GuestsSee = Field(GuestsSee.THEMSELVES, description=_GUESTS_SEE)


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
    guests_see: GuestsSee
    qr_code_image_url: str | None = Field(
        description="The invitation's QR code, an SVG: for those who manage the event; null while it has none."
    )
    pending: int
    people_current: bool

    @classmethod
    def of(cls, event: Event, blobs: Blobs, *, manages: bool) -> EventOut:
        qr_code_url = None
        if manages and event.qr_code_blob is not None:
            qr_code_url = blobs.link(event.qr_code_blob, content_type=QR_CODE_TYPE, container=EVENT_IMAGES)
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
            event_image_url=event_image_link(event, blobs),
            guests_see=event.guests_see,
            qr_code_image_url=qr_code_url,
            pending=event.pending,
            people_current=event.people_current,
        )


class Events(BaseModel):
    events: list[EventOut]


def event_image_link(event: Event, blobs: Blobs) -> str | None:
    """A link to the picture that the organiser chose for the event."""
    if event.image_blob is None:
        return None
    extension = event.image_blob.rsplit(".", 1)[-1]
    return blobs.link(event.image_blob, content_type=content_type(extension), container=EVENT_IMAGES)
