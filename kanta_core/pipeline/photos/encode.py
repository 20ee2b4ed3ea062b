"""Encode: a blob becomes an encoded image with its faces, or ends in another state that a person can see.

Delivered twice, late, out of order or killed anywhere, the rows end up the same:

1. read: is the blob there, which version of it, and which bytes? Gone: its image goes.
2. claim: a row for it, and whose bytes they are: erased, known, a duplicate's, or to be encoded.
3. encode, holding nothing.
4. keep: the pictures, before anybody is led to them.
5. finish: one transaction writes the faces, if the image still waits for exactly these bytes. Each starts in the
   person it is like; those that were forgotten on their owner's word are passed over.

An image that is to be encoded once more goes the same way, and has its old faces until the new ones replace them.
An ImageRefused is permanent and recorded; everything else is raised, so that the host tries again.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NoReturn

from kanta_core import telemetry
from kanta_core.database import events, faces, forgotten, images, outcomes
from kanta_core.database.claims import Version
from kanta_core.domain.drops import is_litter
from kanta_core.domain.faces import Encoding, face_id
from kanta_core.domain.records import Image
from kanta_core.errors import EmptyImage, ImageRefused, ImageTooLarge, KantaError
from kanta_core.pipeline.photos.claim import claim
from kanta_core.pipeline.photos.join import find_alike, starts
from kanta_core.pipeline.photos.pictures import forget_faces, forget_pictures, keep_pictures
from kanta_core.pipeline.photos.read import Read, is_current, read
from kanta_core.pipeline.photos.remove import forget_blob
from kanta_core.services import Services

_log = logging.getLogger(__name__)

# A trace is of one thing that happened: what is encoded later than this after its upload has one of its own.
_YOUNG = timedelta(hours=1)


def encode(services: Services, blob_name: str) -> None:
    """Bring the image of a blob to its final state. Raises only what may end better on another try."""
    if is_litter(blob_name):
        return
    # The row before the blob: a version claimed between the two is newer than what is seen here.
    with services.database.transaction() as connection:
        known = images.of_blob(connection, blob_name)
    if known is not None and not known.waits and is_current(services, known):
        return
    began = time.time_ns()
    try:
        found = read(services, blob_name)
    except Exception as error:
        with telemetry.span("encode", kind="consumer", since=began):
            telemetry.stage_taken("read", began, time.time_ns())
            _note(services, blob_name, error)
            raise
    if found is None:
        forget_blob(services, blob_name)
        return
    was_read = time.time_ns()
    # Whose trace it goes on with is not known before.
    is_young = datetime.now(UTC) - found.version.modified < _YOUNG
    follows, recalls = (found.traceparent, None) if is_young else (None, found.traceparent)
    with telemetry.span("encode", kind="consumer", follows=follows, recalls=recalls, since=began) as span:
        telemetry.stage_taken("read", began, was_read)
        _claim_and_encode(services, blob_name, found, span, known=known)


def _claim_and_encode(
    services: Services, blob_name: str, found: Read, span: telemetry.Span, *, known: Image | None
) -> None:
    try:
        image = claim(services, blob_name, found.version, known=known)
        if image is not None:
            span.note(event=image.event_id, image=image.id, bytes=found.version.size)
            _encode(services, image, found.version, found.data)
    except Exception as error:
        _note(services, blob_name, error)
        raise


def _encode(services: Services, image: Image, version: Version, data: bytes | None) -> None:
    try:
        if data is None or version.sha256 is None:
            _refuse(version)
        encoding = services.encode(data)
    except ImageRefused as refusal:
        with services.database.transaction() as connection:
            rejected = outcomes.reject(connection, image.id, version.sha256, reason=refusal.message)
            outcomes.leave(connection, image.blob_name)
        if rejected:
            telemetry.count_image("rejected", refusal.slug)
        return
    trace = telemetry.carrier()
    with telemetry.stage("store"):
        keep_pictures(services, image.event_id, version.sha256, encoding)
        alike = find_alike(services, image.event_id, image.id, encoding)
        kept = _finish(services, image, version.sha256, encoding, alike, trace)
        if kept is None:
            forget_pictures(services, image.event_id, version.sha256)
    if kept is not None:
        telemetry.count_image("encoded")
        telemetry.count_faces(kept)


def _finish(
    services: Services,
    image: Image,
    sha256: bytes,
    encoding: Encoding,
    alike: dict[int, uuid.UUID],
    trace: Mapping[str, str],
) -> int | None:
    """How many faces the image has now; None when it was not waiting for this any more."""
    with services.database.transaction() as connection:
        if not events.hold(connection, image.event_id):
            return None
        # Not before: somebody may be asking for it at this moment.
        kept = forgotten.without(connection, image.event_id, image.id, sha256, encoding)
        if not outcomes.finish(connection, image.id, sha256, kept):
            return None
        begin = starts(connection, image.event_id, _moved(alike, encoding, kept))
        gone = faces.replace(connection, image.event_id, image.id, sha256, kept, starts=begin)
        if gone or kept.faces:
            events.faces_changed(connection, image.event_id, **trace)
    boxes = {face.box for face in kept.faces}
    gone |= {face_id(image.event_id, sha256, face.box) for face in encoding.faces if face.box not in boxes}
    forget_faces(services, image.event_id, sha256, gone)
    return len(kept.faces)


def _moved(alike: dict[int, uuid.UUID], before: Encoding, now: Encoding) -> dict[int, uuid.UUID]:
    """The same by the places that the faces have now; those that are no longer among them are left out."""
    place_of = {face.box: place for place, face in enumerate(now.faces)}
    boxes = {before.faces[place].box: face for place, face in alike.items()}
    return {place_of[box]: face for box, face in boxes.items() if box in place_of}


def _refuse(version: Version) -> NoReturn:
    raise ImageTooLarge if version.size else EmptyImage


def _note(services: Services, blob_name: str, error: Exception) -> None:
    reason = error.message if isinstance(error, KantaError) else "Encoding stopped with an error of its own."
    # Best effort: what stopped the encoding may stop this, too.
    try:
        with services.database.transaction() as connection:
            outcomes.note_error(connection, blob_name, reason)
    except KantaError:
        _log.warning("could not note why a photo was not encoded: %s", reason)
