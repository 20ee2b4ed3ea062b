"""Remove: an image, an event, or the image of a blob that somebody deleted. Nothing removed comes back.

Each is finished by the sweep when it was cut off: what was decided is in the database first, and says enough
to recognise what is left in storage.
"""

from __future__ import annotations

import hashlib
import uuid

from kanta_core.database import arrivals, events, images, outcomes
from kanta_core.domain.codes import fold_code
from kanta_core.domain.records import Event, Image
from kanta_core.errors import EventNotFound, ImageNotFound
from kanta_core.services import Services
from kanta_core.storage.names import ENCODE_QUEUE, EVENT_IMAGES


def forget_blob(services: Services, blob_name: str) -> None:
    """The blob is no more: its image goes; a duplicate of the same bytes takes over its faces."""
    heir = None
    with services.database.transaction() as connection:
        arrivals.delete_drop(connection, blob_name)
        image = images.of_blob(connection, blob_name)
        if image is not None:
            events.lock_images(connection, image.event_id)
            image = images.of_blob(connection, blob_name)
        if image is not None:
            heir = outcomes.disown(connection, image)
            outcomes.delete(connection, image.id)
    queue_heir(services, heir)


def queue_heir(services: Services, blob_name: str | None) -> None:
    """Have an heir encoded that inherited bytes nobody had encoded yet."""
    if blob_name is not None:
        services.queues.send(ENCODE_QUEUE, {"blob_name": blob_name})


def remove_image(services: Services, code: str, image_id: uuid.UUID) -> None:
    """Delete an image and every other image of the same bytes in its event, rows and blobs."""
    with services.database.transaction() as connection:
        image = image_of_event(images.get(connection, image_id), events.find(connection, code))
    sha256 = image.sha256 or _sha256(services, image)
    with services.database.transaction() as connection:
        events.lock_images(connection, image.event_id)
        doomed = {image.id: image}
        if sha256 is not None:
            outcomes.erase(connection, image.event_id, sha256)
            doomed.update((other.id, other) for other in images.of_bytes(connection, image.event_id, sha256))
        if any(other.faces for other in doomed.values()):
            events.faces_changed(connection, image.event_id)
        for other_id in doomed:
            outcomes.delete(connection, other_id)
    for other in doomed.values():
        services.blobs.delete(other.blob_name)


def image_of_event(image: Image | None, event: Event | None) -> Image:
    """The image, if it is one of the event's; an image of another event is as good as none."""
    if event is None:
        raise EventNotFound
    if image is None or image.event_id != event.id:
        raise ImageNotFound
    return image


def _sha256(services: Services, image: Image) -> bytes | None:
    # Never read so far; other images may hold the same bytes all the same.
    blob = services.blobs.read(image.blob_name, limit=services.settings.max_upload_bytes)
    return hashlib.sha256(blob.data).digest() if blob is not None and blob.data else None


def remove_event(services: Services, code: str) -> None:
    """Delete an event with everything in it; its codes are free afterwards."""
    with services.database.transaction() as connection:
        event = events.find(connection, code)
    if event is None:
        raise EventNotFound
    finish_removal(services, event.id)


def finish_removal(services: Services, event_id: uuid.UUID) -> None:
    """Hide the event, delete its blobs, then its rows. Repeating it after a cut finishes it."""
    with services.database.transaction() as connection:
        marked = events.mark_erasing(connection, event_id)
    if marked is None:
        return
    codes, event_image = marked
    for folder in services.blobs.top_folders():
        if fold_code(folder) in codes:
            for page in services.blobs.pages(prefix=f"{folder}/"):
                for blob in page:
                    services.blobs.delete(blob.name)
    if event_image is not None:
        services.blobs.delete(event_image, container=EVENT_IMAGES)
    with services.database.transaction() as connection:
        events.delete(connection, event_id)
