"""Events: create, list, change, remove, and their picture."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from kanta_core.api import openapi
from kanta_core.api.dependencies import PathEventCode, ServicesOf, known_form
from kanta_core.api.photo_body import Sent, photo_body
from kanta_core.api.schemas.events import EventChange, EventIn, EventOnly, EventOut, Events
from kanta_core.database import events
from kanta_core.errors import EventCodeTaken, EventNotFound, MalformedBody, StorageUnavailable
from kanta_core.pipeline.gather import change_event, create_event, set_event_image
from kanta_core.pipeline.remove import remove_event

router = APIRouter(tags=["events"])
_image_file, _image_file_openapi = photo_body("image_file")


@router.post("/events", status_code=201, responses=openapi.problems_of(MalformedBody, EventCodeTaken))
def create(given: EventIn, its: ServicesOf) -> EventOut:
    """Create an event. Photos that were dropped under its code before are taken in."""
    values = given.model_dump(exclude={"event_code"})
    return EventOut.of(create_event(its, given.event_code, values), its.blobs)


@router.get("/events", responses=openapi.problems_of(EventNotFound))
def list_events(
    its: ServicesOf,
    event_code: Annotated[str | None, Query(description="Only this event.")] = None,
    running: Annotated[bool | None, Query(description="Only events that run now, or that don't.")] = None,
) -> Events:
    """List the events, oldest first."""
    with its.database.transaction() as connection:
        if event_code is None:
            found = events.list_all(connection, running=running)
        else:
            event = events.find(connection, known_form(event_code))
            if event is None:
                raise EventNotFound
            found = [event] if running in (None, event.running) else []
    return Events(events=[EventOut.of(event, its.blobs) for event in found])


@router.put("/events", responses=openapi.problems_of(MalformedBody, EventNotFound, EventCodeTaken))
def change(given: EventChange, its: ServicesOf) -> EventOut:
    """Change an event: what is left out stays, null clears. Its former codes go on leading to it."""
    fields = {"name", "description", "start_date_time", "end_date_time"} & given.model_fields_set
    values: dict[str, str | datetime | None] = {field: getattr(given, field) for field in fields}
    new_code = given.new_event_code if "new_event_code" in given.model_fields_set else None
    return EventOut.of(change_event(its, known_form(given.event_code), values, new_code=new_code), its.blobs)


@router.delete(
    "/events", status_code=204, responses=openapi.problems_of(MalformedBody, EventNotFound, StorageUnavailable)
)
def remove(given: EventOnly, its: ServicesOf) -> None:
    """Delete an event and everything in it: rows, vectors, photos."""
    remove_event(its, known_form(given.event_code))


@router.put(
    "/events/image/{event_code}",
    openapi_extra=_image_file_openapi,
    responses=openapi.problems_of(EventNotFound, *openapi.OF_A_PHOTO, StorageUnavailable),
)
def set_image(event_code: PathEventCode, sent: Annotated[Sent, Depends(_image_file)], its: ServicesOf) -> EventOut:
    """Set the event's picture."""
    return EventOut.of(set_event_image(its, event_code, sent.data), its.blobs)
