"""Sweep: whatever a trigger missed or a kill cut off is found and set going again.

Triggers bring nearly everything; this is for the rest: blobs nobody told us of, blobs that were deleted or
overwritten unseen, work whose message got lost, removals that stopped half-way. It compares the listing of the
container with the database, page by page, and asks storage again before it believes that a blob is gone.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from kanta_core.database import arrivals, events
from kanta_core.domain.drops import Drop, Unaddressable, address, is_litter
from kanta_core.pipeline.encode import register
from kanta_core.pipeline.remove import finish_removal, forget_blob
from kanta_core.services import Services
from kanta_core.storage.blobs import ListedBlob
from kanta_core.storage.names import ENCODE_QUEUE, TAKE_IN_QUEUE

_log = logging.getLogger(__name__)

# What was queued is given this long before it counts as lost: a full queue is no reason to fill it again.
_AGAIN = 3_600.0
_BATCH = 500


def sweep(services: Services) -> None:
    """Compare storage with the database once and mend the difference."""
    _finish_removals(services)
    _take_in_drops(services)
    _compare(services)
    _queue_overdue(services)


def _finish_removals(services: Services) -> None:
    with services.database.transaction() as connection:
        cut_off = events.list_erasing(connection)
    for event_id in cut_off:
        finish_removal(services, event_id)


def _take_in_drops(services: Services) -> None:
    with services.database.transaction() as connection:
        claimable = arrivals.claimable(connection)
        for code, event_id in claimable:
            arrivals.take_in(connection, event_id, code)
    for _, event_id in claimable:
        services.queues.send(TAKE_IN_QUEUE, {"event_id": str(event_id)})


def _compare(services: Services) -> None:
    since = datetime.now(UTC)
    after = ""
    for page in services.blobs.pages():
        if not page:
            continue
        _meet(services, page)
        # Rows are looked up by stretches of names; whatever order storage lists in, the stretches cover them all.
        upto = max(after, *(blob.name for blob in page))
        _miss(services, after=after, upto=upto, page=page, since=since)
        after = upto
    _miss(services, after=after, upto=None, page=[], since=since)


def _meet(services: Services, page: list[ListedBlob]) -> None:
    """Every listed blob is known, and read in the version it has now."""
    photos = {blob.name: blob for blob in page if not blob.is_folder and not is_litter(blob.name)}
    with services.database.transaction() as connection:
        known = arrivals.known(connection, list(photos), again=_AGAIN)
    for name in photos.keys() - known.keys():
        match address(name):
            case Drop() as drop:
                register(services, drop)
            case Unaddressable(problem=problem):
                with services.database.transaction() as connection:
                    arrivals.note_unaddressable(connection, name, problem=problem)
    settled = datetime.now(UTC) - timedelta(seconds=services.settings.sweep_grace_seconds)
    overwritten = [
        name
        for name, etag in known.items()
        if etag is not None and etag != photos[name].etag and photos[name].modified < settled
    ]
    if overwritten:
        services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in overwritten])
        with services.database.transaction() as connection:
            arrivals.mark_queued(connection, overwritten)


def _miss(services: Services, *, after: str, upto: str | None, page: list[ListedBlob], since: datetime) -> None:
    """Every known blob is listed, or its image goes."""
    with services.database.transaction() as connection:
        unseen = arrivals.unseen(
            connection, after=after, upto=upto, seen=[blob.name for blob in page], since=since
        )
    for name in unseen:
        # Between the upload's row and its blob lies a moment, between a listing and now another.
        if services.blobs.etag(name) is None:
            forget_blob(services, name)
            _log.info("a blob is gone, so its image is")


def _queue_overdue(services: Services) -> None:
    while True:
        with services.database.transaction() as connection:
            overdue = arrivals.take_overdue(
                connection,
                event_id=None,
                grace=services.settings.sweep_grace_seconds,
                again=_AGAIN,
                limit=_BATCH,
            )
            services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in overdue])
        if len(overdue) < _BATCH:
            return
