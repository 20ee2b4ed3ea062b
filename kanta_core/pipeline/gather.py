"""Gather: an event begins, changes its code, and takes in the drops that waited for it."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping
from datetime import datetime

from kanta_core.database import arrivals, audit, events, inventory
from kanta_core.domain.audit import Action
from kanta_core.domain.codes import RULE, fold_code
from kanta_core.domain.records import Event
from kanta_core.errors import EventNotFound, ImageTooLarge, Invalid, StorageUnavailable
from kanta_core.pipeline.photos.remove import finish_removal
from kanta_core.services import Services
from kanta_core.settings import Settings
from kanta_core.storage.names import ENCODE_QUEUE, EVENT_IMAGES, TAKE_IN_QUEUE

_log = logging.getLogger(__name__)

# Enough to keep every worker busy; the rest follows with the next message.
_BATCH = 500

EventValues = Mapping[str, str | datetime | None]


def create_event(services: Services, code: str, values: EventValues) -> Event:
    """A new event under `code`. Drops that waited for the code become its images."""
    code = _new_code(code)
    _check(values, services.settings)
    _free(services, code)
    with services.database.transaction() as connection:
        events.lock_code(connection, code)
        event_id = events.insert(connection, code, values)
        waiting = arrivals.take_in(connection, event_id, code)
        audit.note(connection, event_id, Action.EVENT_CREATED)
        event = events.get(connection, event_id)
    return _begun(services, event, waiting)


def change_event(services: Services, code: str, values: EventValues, *, new_code: str | None) -> Event:
    """Change what is given of the event and leave the rest; its former codes go on leading to it."""
    waiting = 0
    if new_code is not None:
        new_code = _new_code(new_code)
        _free(services, new_code)
    with services.database.transaction() as connection:
        if new_code is not None:
            events.lock_code(connection, new_code)
        event_id, _ = events.hold_code(connection, code)
        event = events.get(connection, event_id)
        assert event is not None
        kept = {"start_date_time": event.start_date_time, "end_date_time": event.end_date_time}
        _check({**kept, **values}, services.settings)
        if values:
            events.update(connection, event.id, values)
        if new_code is not None and new_code != event.code:
            events.add_code(connection, event.id, new_code)
            waiting = arrivals.take_in(connection, event.id, new_code)
        given = sorted(values) + ["event_code"] * (new_code is not None)
        audit.note(connection, event.id, Action.EVENT_CHANGED, fields=given)
        changed = events.get(connection, event.id)
    return _begun(services, changed, waiting)


def set_event_image(services: Services, code: str, data: bytes) -> Event:
    """Make the photo `data` the event's picture; an ImageRefused says why not."""
    from kanta_core.vision.decode import check  # noqa: PLC0415 - Pillow is for those who upload

    with services.database.transaction() as connection:
        event = events.find(connection, code)
    if event is None:
        raise EventNotFound
    if len(data) > services.settings.max_upload_bytes:
        raise ImageTooLarge
    format_ = check(data, max_pixels=services.settings.max_pixels)
    # A new name every time: whoever replaces a picture deletes its blob, and nobody else's.
    name = f"{event.id}/{uuid.uuid4()}.{format_.extension}"
    services.blobs.write(EVENT_IMAGES, name, data, content_type=format_.content_type)
    with services.database.transaction() as connection:
        replaced = events.get(connection, event.id) if events.hold(connection, event.id) else None
        if replaced is not None:
            events.update(connection, event.id, {"image_blob": name})
            audit.note(connection, event.id, Action.EVENT_IMAGE_SET)
        changed = events.get(connection, event.id)
    useless = name if replaced is None else replaced.image_blob
    if useless is not None:
        services.blobs.delete(useless, container=EVENT_IMAGES)
    if changed is None:
        raise EventNotFound
    return changed


def queue_waiting(services: Services, event_id: uuid.UUID) -> None:
    """Put the images that were drops on the encode queue, in batches, each image once."""
    while True:
        with services.database.transaction() as connection:
            waiting = inventory.take_overdue(connection, event_id=event_id, grace=0, again=3_600, limit=_BATCH)
            # Before the commit: what could not be sent is not marked as sent.
            services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in waiting])
        if not waiting:
            return


def _begun(services: Services, event: Event | None, waiting: int) -> Event:
    if event is None:
        raise EventNotFound
    if waiting:
        try:
            services.queues.send(TAKE_IN_QUEUE, {"event_id": str(event.id)})
        except StorageUnavailable:
            _log.warning("could not queue the drops of a new code; the sweep will")
    return event


def _new_code(text: str) -> str:
    code = fold_code(text)
    if code is None:
        raise Invalid(RULE)
    return code


def _free(services: Services, code: str) -> None:
    # An event of this code whose removal was cut off must be gone with all its blobs first.
    with services.database.transaction() as connection:
        owner = events.owner(connection, code)
    if owner is not None and owner[1]:
        finish_removal(services, owner[0])


def _check(values: EventValues, settings: Settings) -> None:
    limits = {"name": settings.max_name_length, "description": settings.max_description_length}
    for field, limit in limits.items():
        text = values.get(field)
        if isinstance(text, str):
            if len(text) > limit:
                raise Invalid(f"The {field} is longer than {limit} characters.")
            if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in text):
                raise Invalid(f"The {field} holds a character that text can't have.")
    start, end = values.get("start_date_time"), values.get("end_date_time")
    if isinstance(start, datetime) and isinstance(end, datetime) and end < start:
        raise Invalid("The event ends before it starts.")
