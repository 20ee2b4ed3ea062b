"""Remove: an image, an event, or the image of a blob that somebody deleted. Nothing removed comes back.

Each is finished by the sweep when it was cut off: what was decided is in the database first, and names what is
left in storage.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from kanta_core import telemetry
from kanta_core.database import arrivals, audit, claims, erasure, events, images
from kanta_core.database.claims import Version
from kanta_core.domain.audit import Action
from kanta_core.domain.codes import fold_code
from kanta_core.domain.drops import Unaddressable, address
from kanta_core.domain.records import Image
from kanta_core.errors import EventNotFound, ImageNotFound, StorageUnavailable
from kanta_core.pipeline.photos.pictures import forget_pictures
from kanta_core.pipeline.photos.read import read
from kanta_core.services import Services
from kanta_core.storage.names import ENCODE_QUEUE, EVENT_IMAGES, EXPORTS, PICTURES

_log = logging.getLogger(__name__)


def forget_blob(services: Services, blob_name: str) -> None:
    """If the blob is no more, its image goes; a duplicate of the same bytes takes over its faces."""
    with services.database.transaction() as connection:
        image = images.of_blob(connection, blob_name)
    blob = services.blobs.look(blob_name)
    if blob is not None and not blob.is_folder:
        return
    heir = None
    forgotten = None
    with services.database.transaction() as connection:
        if image is not None and events.hold(connection, image.event_id):
            current = images.get(connection, image.id)
            # Another version was claimed since: the blob is back.
            if current is not None and current.etag == image.etag:
                heir = claims.disown(connection, current)
                erasure.delete_images(connection, [current.id])
                forgotten = current.sha256
        arrivals.delete_drop(connection, blob_name)
    queue_heir(services, heir)
    if image is not None and forgotten is not None:
        forget_pictures(services, image.event_id, forgotten)


def queue_heir(services: Services, blob_name: str | None) -> None:
    """Have an heir encoded that inherited bytes nobody had encoded yet."""
    if blob_name is None:
        return
    try:
        services.queues.send(ENCODE_QUEUE, {"blob_name": blob_name})
    except StorageUnavailable:
        _log.warning("could not queue the heir of a photo; the sweep will")


def remove_image(services: Services, code: str, image_id: uuid.UUID) -> Collection[uuid.UUID]:
    """Delete an image and every other image of the same bytes in its event, rows and blobs; which those were."""
    with services.database.transaction() as connection:
        image = image_of_event(images.get(connection, image_id), events.resolve(connection, code))
    unread = _unread(services, image)
    with services.database.transaction() as connection:
        events.hold(connection, image.event_id)
        image = image_of_event(images.get(connection, image_id), events.resolve(connection, code))
        if image.etag is None and unread is not None:
            image = replace(image, etag=unread.etag, sha256=unread.sha256)
        doomed = {image.id: image}
        if image.sha256 is not None:
            erasure.erase(connection, image.event_id, image.sha256)
            others = images.of_bytes(connection, image.event_id, image.sha256)
            doomed = {other.id: other for other in others} | doomed
        if any(other.faces for other in doomed.values()):
            events.faces_changed(connection, image.event_id, **telemetry.carrier())
        erasure.delete_images(connection, doomed)
        audit.note(connection, image.event_id, Action.PHOTO_DELETED, image.id, images=len(doomed))
        # Of a drop that nobody could read there is no blob to delete; its name may be used again.
        blobs = [(other.blob_name, other.etag) for other in doomed.values() if other.etag or other.sha256]
        erasure.doom(connection, blobs)
    delete_doomed(services, blobs)
    if image.sha256 is not None:
        forget_pictures(services, image.event_id, image.sha256)
    return doomed.keys()


def image_of_event(image: Image | None, event_id: uuid.UUID) -> Image:
    """The image, if it is one of the event's; an image of another event is as good as none."""
    if image is None or image.event_id != event_id:
        raise ImageNotFound
    return image


def _unread(services: Services, image: Image) -> Version | None:
    """What is in the blob of a drop that was never read so far: other images may hold the same bytes."""
    if image.etag is not None or image.sha256 is not None:
        return None
    found = read(services, image.blob_name)
    return found and found.version


def delete_doomed(services: Services, doomed: Iterable[tuple[str, str | None]]) -> None:
    """Delete blobs, each by its name and version, that the database says are to be deleted."""
    for blob_name, etag in doomed:
        was_there = services.blobs.delete(blob_name, etag=etag)
        with services.database.transaction() as connection:
            erasure.spare(connection, blob_name, etag, was_there=was_there)


def remove_event(services: Services, code: str) -> None:
    """Delete an event with everything in it; its codes are free afterwards."""
    with services.database.transaction() as connection:
        owner = events.owner(connection, code)
    if owner is None:
        raise EventNotFound
    # No line of its audit outlives an event.
    _log.info("the event %s is being deleted as somebody asked for it", owner[0])
    finish_removal(services, owner[0])


def finish_removal(services: Services, event_id: uuid.UUID) -> None:
    """Hide the event, delete its blobs, then its rows. Repeating it after a cut finishes it."""
    with services.database.transaction() as connection:
        erasure.mark_erasing(connection, event_id)
    with services.database.transaction() as connection:
        # Held to the end, and asked for again on the way, as it is gone when its connection is: whoever deletes by
        # a code that is another event's by now deletes another event's photos.
        codes = erasure.lock_erasing(connection, event_id)
        if codes is None:
            return
        # Again and again: somebody may still be dropping.
        while _delete_drops(services, codes, lambda: erasure.lock_erasing(connection, event_id)):
            pass
        for container in (EVENT_IMAGES, PICTURES, EXPORTS):
            for page in services.blobs.pages(prefix=f"{event_id}/", container=container):
                services.blobs.delete_all(page, container=container)
        erasure.doom_unwritten(connection, event_id)
        erasure.delete_event(connection, event_id)


def _delete_drops(services: Services, codes: Collection[str], check: Callable[[], object]) -> int:
    """Delete every blob dropped under these codes; how many there were. `check` comes before every page."""
    deleted = 0
    for folder in services.blobs.top_folders():
        if fold_code(folder) in codes:
            for page in services.blobs.pages(prefix=f"{folder}/"):
                check()
                addressed = [blob for blob in page if not isinstance(address(blob.name), Unaddressable)]
                deleted += services.blobs.delete_all(addressed)
    return deleted
