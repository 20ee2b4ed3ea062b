"""Events: create, list, change, remove, and their picture."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs, needs_organiser
from kanta_core.api.dependencies import CallerOf, PathEventCode, ServicesOf, known_form
from kanta_core.api.photo_body import Sent, photo_body
from kanta_core.api.schemas.events import EventChange, EventIn, EventOnly, EventOut, Events
from kanta_core.database import events
from kanta_core.domain.access import Scope
from kanta_core.errors import EventCodeTaken, EventNotFound, MalformedBody, ScopeMissing, StorageUnavailable
from kanta_core.pipeline.gather import change_event, create_event, set_event_image
from kanta_core.pipeline.photos.remove import remove_event

router = APIRouter(tags=["events"], route_class=GuardedRoute)
_image_file, _image_file_openapi = photo_body("image_file")


@router.post(
    "/events",
    status_code=201,
    dependencies=[needs_organiser()],
    responses=openapi.problems_of(MalformedBody, EventCodeTaken),
)
def create(given: EventIn, its: ServicesOf) -> EventOut:
    """Create an event. Photos that were dropped under its code before are taken in."""
    values = given.model_dump(exclude={"event_code"})
    return EventOut.of(create_event(its, given.event_code, values), its.blobs, manages=True)


@router.get("/events", dependencies=[needs(Scope.BROWSE)], responses=openapi.problems_of(EventNotFound))
def list_events(
    its: ServicesOf,
    caller: CallerOf,
    event_code: Annotated[str | None, Query(description="Only this event.")] = None,
    running: Annotated[bool | None, Query(description="Only events that run now, or that don't.")] = None,
) -> Events:
    """List the events, oldest first. A token shows its own event alone."""
    if event_code is None and caller.token is not None:
        # Any of its codes leads there.
        event_code = min(caller.codes)
    with its.database.transaction() as connection:
        if event_code is None:
            found = events.list_all(connection, running=running)
        else:
            event = events.find(connection, known_form(event_code, caller))
            if event is None:
                raise EventNotFound
            found = [event] if running in (None, event.running) else []
    manages = caller.may(Scope.MANAGE)
    return Events(events=[EventOut.of(event, its.blobs, manages=manages) for event in found])


@router.put(
    "/events",
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(MalformedBody, EventNotFound, EventCodeTaken),
)
def change(given: EventChange, caller: CallerOf, its: ServicesOf) -> EventOut:
    """Change an event: what is left out stays, null clears. Its former codes go on leading to it.

    A new code is the organiser's to give: whether it is taken tells of other events.
    """
    fields = {"name", "description", "start_date_time", "end_date_time", "guests_see"} & given.model_fields_set
    values: dict[str, str | datetime | None] = {field: getattr(given, field) for field in fields}
    new_code = given.new_event_code if "new_event_code" in given.model_fields_set else None
    code = known_form(given.event_code, caller)
    if new_code is not None and caller.token is not None:
        raise ScopeMissing("Only the organiser gives an event a new code.")
    return EventOut.of(change_event(its, code, values, new_code=new_code), its.blobs, manages=True)


@router.delete(
    "/events",
    status_code=204,
    dependencies=[needs_organiser()],
    responses=openapi.problems_of(MalformedBody, EventNotFound, StorageUnavailable),
)
def remove(given: EventOnly, caller: CallerOf, its: ServicesOf) -> None:
    """Delete an event and everything in it: rows, vectors, photos."""
    remove_event(its, known_form(given.event_code, caller))


@router.put(
    "/events/image/{event_code}",
    dependencies=[needs(Scope.MANAGE)],
    openapi_extra=_image_file_openapi,
    responses=openapi.problems_of(EventNotFound, *openapi.OF_A_PHOTO, StorageUnavailable),
)
def set_image(event_code: PathEventCode, sent: Annotated[Sent, Depends(_image_file)], its: ServicesOf) -> EventOut:
    """Set the event's picture."""
    return EventOut.of(set_event_image(its, event_code, sent.data), its.blobs, manages=True)
