"""Sweep: whatever a trigger missed or a kill cut off is found and set going again.

Triggers bring nearly everything; this is for the rest: blobs nobody told us of, blobs that were deleted or
overwritten unseen, work whose message got lost, removals that stopped half-way. It compares the listing of the
container with the database, page by page, and asks storage again before it believes that a blob is gone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from kanta_core.database import arrivals, erasure, events, inventory
from kanta_core.domain.drops import address, is_litter
from kanta_core.errors import KantaError
from kanta_core.pipeline.exports.requests import sweep_exports
from kanta_core.pipeline.measure import measure
from kanta_core.pipeline.photos.lost_pictures import compare_pictures
from kanta_core.pipeline.photos.remove import delete_doomed, finish_removal, forget_blob
from kanta_core.pipeline.webhooks import sweep_webhooks
from kanta_core.services import Services
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import ENCODE_QUEUE

_log = logging.getLogger(__name__)

# What was queued is given this long before it counts as lost: a full queue is no reason to fill it again.
_AGAIN = 3_600.0
_BATCH = 500


def sweep(services: Services) -> None:
    """Compare storage with the database once and mend the difference. Raises the first failure, after the rest."""
    failures: list[KantaError] = []
    _finish_removals(services, failures)
    # The last, as nothing is mended by measuring.
    steps = (_compare, compare_pictures, _take_in_drops, _queue_overdue, sweep_exports, sweep_webhooks, measure)
    for step in steps:
        with _going_on(failures):
            step(services)
    if failures:
        raise failures[0]


@contextmanager
def _going_on(failures: list[KantaError]) -> Iterator[None]:
    # One blob that can't be deleted must not keep everything else from being found.
    try:
        yield
    except KantaError as error:
        _log.warning("the sweep could not finish a part: %s", error.message)
        failures.append(error)


def _finish_removals(services: Services, failures: list[KantaError]) -> None:
    with services.database.transaction() as connection:
        cut_off, doomed = erasure.list_erasing(connection), erasure.doomed(connection)
    for event_id in cut_off:
        with _going_on(failures):
            finish_removal(services, event_id)
    for blob in doomed:
        with _going_on(failures):
            delete_doomed(services, [blob])


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


def _meet(services: Services, page: list[Blob]) -> None:
    """Every listed blob is known, and read in the version it has now. The youngest are left to the triggers."""
    settled = datetime.now(UTC) - timedelta(seconds=services.settings.sweep_grace_seconds)
    photos = {b.name: b for b in page if b.modified <= settled and not b.is_folder and not is_litter(b.name)}
    with services.database.transaction() as connection:
        known = inventory.known(connection, list(photos), again=_AGAIN)
        # Those of an event that is there are taken in a moment later.
        arrivals.keep_drops(connection, [address(name) for name in photos if name not in known])
    overwritten = [name for name, etag in known.items() if etag is not None and etag != photos[name].etag]
    if overwritten:
        with services.database.transaction() as connection:
            taken = inventory.take_overwritten(connection, overwritten)
            services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in taken])


def _miss(services: Services, *, after: str, upto: str | None, page: list[Blob], since: datetime) -> None:
    """Every known blob is listed, or its image goes."""
    seen = [blob.name for blob in page if not blob.is_folder]
    grace = services.settings.sweep_grace_seconds
    with services.database.transaction() as connection:
        unseen = inventory.unseen(connection, after=after, upto=upto, seen=seen, since=since, grace=grace)
    for name in unseen:
        forget_blob(services, name)


def _take_in_drops(services: Services) -> None:
    """Drops whose event is there become its images. Their trigger may be on its way: none is queued yet."""
    with services.database.transaction() as connection:
        claimable = arrivals.claimable(connection)
    for code, event_id in claimable:
        with services.database.transaction() as connection:
            if events.hold(connection, event_id):
                arrivals.take_in(connection, event_id, code)


def _queue_overdue(services: Services) -> None:
    while True:
        with services.database.transaction() as connection:
            overdue = inventory.take_overdue(
                connection,
                event_id=None,
                grace=services.settings.overdue_seconds,
                again=_AGAIN,
                limit=_BATCH,
            )
            # Before the commit: what could not be sent is not marked as sent.
            services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in overdue])
        if len(overdue) < _BATCH:
            return
