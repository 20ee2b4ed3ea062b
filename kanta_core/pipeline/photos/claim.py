"""Claim: a blob that was read gets its row, and its bytes their image, in one transaction that holds the event.

Whoever deletes the image from then on finds it. Of the images with the same bytes one is to be encoded; the others
are its duplicates, and bytes that were erased do not come back.
"""

from __future__ import annotations

from dataclasses import dataclass

from kanta_core import telemetry
from kanta_core.database import arrivals, claims, erasure, events, images
from kanta_core.database.claims import Version
from kanta_core.database.pool import Connection
from kanta_core.domain.drops import Unaddressable, address
from kanta_core.domain.records import Image
from kanta_core.errors import BlobChanged, EventNotFound
from kanta_core.pipeline.photos.pictures import forget_pictures
from kanta_core.pipeline.photos.remove import delete_doomed, queue_heir
from kanta_core.services import Services


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to be done once the rows say so: an image to encode, an heir's blob to queue, a blob to delete,
    pictures of bytes that the image has left; or the image is another's duplicate.
    """

    encode: Image | None = None
    heir: str | None = None
    doomed: tuple[str, str | None] | None = None
    left: Image | None = None
    duplicate: bool = False


def claim(services: Services, blob_name: str, version: Version, *, known: Image | None) -> Image | None:
    """The image whose bytes are to be encoded now; None when they are not, and why is recorded.

    `known` is the row as it was before the blob was looked at. BlobChanged when it speaks of yet another version
    by now, or is gone: the blob is to be looked at again.
    """
    with services.database.transaction() as connection:
        if known is None:
            decision = _register(connection, blob_name, version)
        else:
            current = images.get(connection, known.id) if events.hold(connection, known.event_id) else None
            decision = _decide(connection, current, version, seen_etag=known.etag)
    if decision.duplicate:
        telemetry.count_image("duplicate")
    queue_heir(services, decision.heir)
    if decision.left is not None and decision.left.sha256 is not None:
        forget_pictures(services, decision.left.event_id, decision.left.sha256)
    if decision.doomed is not None:
        delete_doomed(services, [decision.doomed])
    return decision.encode


def _register(connection: Connection, blob_name: str, version: Version) -> _Decision:
    """The row of a blob that has none yet, unless it has no event either, or none any more."""
    drop = address(blob_name)
    if isinstance(drop, Unaddressable):
        arrivals.keep_drops(connection, [drop])
        return _Decision()
    # Serialised with the creation of events: a drop is seen by one or taken in by the other.
    events.lock_code(connection, drop.code)
    try:
        event_id, _ = events.hold_code(connection, drop.code)
    except EventNotFound:
        event_id = None
    doom = erasure.doom_of(connection, blob_name, version.etag)
    if doom is not None:
        return _Decision(doomed=doom)
    if event_id is None:
        arrivals.keep_drops(connection, [drop])
        return _Decision()
    arrivals.register(connection, event_id, drop)
    return _decide(connection, images.of_blob(connection, blob_name), version, seen_etag=None)


def _decide(
    connection: Connection, current: Image | None, version: Version, *, seen_etag: str | None
) -> _Decision:
    """Whose the bytes are. Runs under `events.hold`."""
    if current is None or current.etag not in (seen_etag, version.etag):
        raise BlobChanged
    if current.etag == version.etag and not current.waits:
        return _Decision()
    if version.sha256 is not None and current.sha256 == version.sha256:
        # Known already: from the upload, or from another delivery; perhaps written again as it was.
        claims.renew(connection, current.id, version.etag)
        return _Decision(encode=current if current.waits else None)
    erased = erasure.is_erased(connection, current.id, version)
    # An image that was never read has nothing to leave.
    heir = claims.disown(connection, current) if current.sha256 is not None else None
    holder = images.holder(connection, current.event_id, version.sha256) if version.sha256 is not None else None
    if erased:
        doomed = current.blob_name, version.etag
        erasure.doom(connection, [doomed])
        erasure.delete_images(connection, [current.id])
        return _Decision(heir=heir, left=current, doomed=doomed)
    if holder is not None:
        claims.mark_duplicate(connection, current.id, version, holder_id=holder.id)
        return _Decision(heir=heir, left=current, duplicate=True)
    claims.take_bytes(connection, current.id, version)
    return _Decision(encode=current, heir=heir, left=current)
