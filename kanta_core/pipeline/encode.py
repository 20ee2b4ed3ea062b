"""Encode: a blob becomes an encoded image with its faces, or ends in another state that a person can see.

Delivered twice, late, out of order or killed anywhere, the rows end up the same:

1. register: a row for the blob, before it is read. Whoever deletes the image from now on finds it.
2. read: the bytes as they are now. No blob any more: the image goes.
3. claim: under the event's lock, decide whose bytes they are: erased, known, a duplicate's, or to be encoded.
4. encode, holding nothing.
5. finish: one transaction writes the faces, if the image still waits for exactly these bytes.

An ImageRefused is permanent and recorded; everything else is raised, so that the host tries again.
"""

from __future__ import annotations

import hashlib
import logging

from kanta_core.database import arrivals, events, faces, images, outcomes
from kanta_core.database.outcomes import Version
from kanta_core.domain.drops import Drop, Unaddressable, address, is_litter
from kanta_core.domain.faces import Encoding
from kanta_core.domain.records import Image, ImageStatus
from kanta_core.errors import EmptyImage, ImageRefused, ImageTooLarge, KantaError
from kanta_core.pipeline.remove import forget_blob, queue_heir
from kanta_core.services import Services
from kanta_core.storage.blobs import EVENT_ID, BlobContent

_log = logging.getLogger(__name__)


def encode(services: Services, blob_name: str) -> None:
    """Bring the image of a blob to its final state. Raises only what may end better on another try."""
    if is_litter(blob_name):
        return
    target = address(blob_name)
    if isinstance(target, Unaddressable):
        with services.database.transaction() as connection:
            arrivals.note_unaddressable(connection, blob_name, problem=target.problem)
        return
    image = register(services, target)
    if image is None:
        return
    try:
        _encode(services, image)
    except Exception as error:
        reason = error.message if isinstance(error, KantaError) else "Encoding stopped with an error of its own."
        _note(services, blob_name, reason)
        raise


def register(services: Services, drop: Drop) -> Image | None:
    """The row of a blob, made if need be; None when its event does not exist and the drop waits for it."""
    with services.database.transaction() as connection:
        known = images.of_blob(connection, drop.blob_name)
        if known is not None:
            return known
        # Serialised with the creation of events: a drop is seen by one or taken in by the other.
        events.lock_code(connection, drop.code)
        event = events.find(connection, drop.code)
        if event is None:
            arrivals.wait_for_event(connection, drop.blob_name, code=drop.code, name=drop.name)
            return None
        arrivals.delete_drop(connection, drop.blob_name)
        arrivals.register(connection, event.id, drop.blob_name, drop.name)
        return images.of_blob(connection, drop.blob_name)


def _encode(services: Services, image: Image) -> None:
    if image.status is not ImageStatus.PENDING and services.blobs.etag(image.blob_name) == image.etag:
        return
    blob = services.blobs.read(image.blob_name, limit=services.settings.max_upload_bytes)
    if blob is None or blob.is_folder:
        forget_blob(services, image.blob_name)
        return
    if blob.metadata.get(EVENT_ID, str(image.event_id)) != str(image.event_id):
        # Left over by an upload to an event that was erased meanwhile; its code has a new owner.
        services.blobs.delete(image.blob_name)
        forget_blob(services, image.blob_name)
        return
    try:
        version = _version(blob)
    except ImageRefused as refusal:
        _reject_unread(services, image, blob, refusal)
        return
    if not _claim(services, image, version):
        return
    try:
        assert blob.data is not None
        encoding = services.encode(blob.data)
    except ImageRefused as refusal:
        with services.database.transaction() as connection:
            outcomes.reject(
                connection,
                image.id,
                reason=refusal.message,
                etag=version.etag,
                size=version.size,
                sha256=version.sha256,
            )
        return
    _finish(services, image, version, encoding)


def _version(blob: BlobContent) -> Version:
    if blob.data is None:
        raise ImageTooLarge
    if not blob.data:
        # No bytes, so not the same bytes as another's either.
        raise EmptyImage
    return Version(blob.etag, hashlib.sha256(blob.data).digest(), blob.size, blob.modified)


def _reject_unread(services: Services, image: Image, blob: BlobContent, refusal: ImageRefused) -> None:
    with services.database.transaction() as connection:
        events.lock_images(connection, image.event_id)
        current = images.get(connection, image.id)
        if current is None:
            return
        heir = outcomes.disown(connection, current)
        outcomes.reject(connection, image.id, reason=refusal.message, etag=blob.etag, size=blob.size, sha256=None)
    queue_heir(services, heir)


def _claim(services: Services, image: Image, version: Version) -> bool:
    """Whether these bytes are this image's to encode now; whatever else they are is recorded."""
    with services.database.transaction() as connection:
        events.lock_images(connection, image.event_id)
        current = images.get(connection, image.id)
        if current is None:
            return False
        erased = outcomes.is_erased(connection, current, version)
        if erased:
            outcomes.delete(connection, current.id)
        elif current.sha256 == version.sha256:
            # Known already: from the upload, or from another delivery; perhaps written again as it was.
            outcomes.set_etag(connection, current.id, version.etag)
            return current.status is ImageStatus.PENDING
        else:
            heir = outcomes.disown(connection, current)
            holder = images.holder(connection, current.event_id, version.sha256)
            if holder is None:
                outcomes.take_bytes(connection, current.id, version)
            else:
                outcomes.mark_duplicate(connection, current.id, version, holder_id=holder.id)
    if erased:
        services.blobs.delete(image.blob_name)
        return False
    queue_heir(services, heir)
    return holder is None


def _finish(services: Services, image: Image, version: Version, encoding: Encoding) -> None:
    with services.database.transaction() as connection:
        events.lock_images(connection, image.event_id)
        if not outcomes.finish(connection, image.id, version.sha256, encoding):
            return
        if encoding.faces:
            events.faces_changed(connection, image.event_id)
            faces.replace(connection, image.event_id, image.id, encoding.faces)


def _note(services: Services, blob_name: str, reason: str) -> None:
    # Best effort: what stopped the encoding may stop this, too.
    try:
        with services.database.transaction() as connection:
            outcomes.note_error(connection, blob_name, reason)
    except KantaError:
        _log.warning("could not note why a photo was not encoded: %s", reason)
