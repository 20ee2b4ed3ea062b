"""Recluster: the faces of an event become its people."""

from __future__ import annotations

import logging
import time
import uuid

from kanta_core import telemetry
from kanta_core.database import assignments, reclusters
from kanta_core.domain.faces import NO_PERSON
from kanta_core.pipeline.people.replaying import replay_event
from kanta_core.services import Services
from kanta_core.storage.names import RECLUSTER_QUEUE

_log = logging.getLogger(__name__)

# A recluster that was asked for and not heard of since is asked for again.
_LOST_AFTER = 300.0
# While photos come, reclusters get a tenth of the time: each reads every face of the event, and new faces join the
# people that are there without it.
PAUSE_FACTOR = 9


def request_reclusters(services: Services) -> int:
    """Ask for a recluster of every event whose faces changed; how many were asked for."""
    with services.database.transaction() as connection:
        changed = reclusters.take_changed(connection, lost_after=_LOST_AFTER)
        # Before the commit: what could not be sent is not marked as sent, and a worker that is quicker waits.
        # Each goes on with the trace of what changed it last, as far as that is known.
        messages = [
            {"event_id": str(event_id)} | ({"traceparent": trace} if trace else {}) for event_id, trace in changed
        ]
        services.queues.send_all(RECLUSTER_QUEUE, messages)
    return len(changed)


def recluster(services: Services, event_id: uuid.UUID) -> None:
    """Make the event's people reflect its faces. Readers see the old people until all of the new are there.

    The grouping is computed outside any transaction; two at once are harmless: they agree, and the one that
    read the newer faces stands. Corrections made meanwhile count: they are read with the people's lock held.
    """
    with telemetry.stage("recluster", kind="consumer", event=event_id) as span:
        _recluster(services, event_id, span)


def _recluster(services: Services, event_id: uuid.UUID, span: telemetry.Span) -> None:
    # numpy is for those who recluster.
    from kanta_core.people.numbers.identity import regroup  # noqa: PLC0415

    started = time.monotonic()
    with services.database.transaction() as connection:
        found = reclusters.revisions(connection, event_id)
        if found is None:
            return
        revision, reflected = found
        if revision == reflected:
            reclusters.settle(connection, event_id)
            return
        read = reclusters.embeddings(connection, event_id)
    by_encoder = _groups(read)
    with services.database.transaction() as connection:
        locked = reclusters.lock(connection, event_id)
        if locked is None or locked[0] >= revision:
            return
        standing = assignments.standing(connection, event_id)
        previous = {face: its.grouped_as for face, its in standing.items()}
        regrouped = regroup(by_encoder, read.ids, previous, next_number=locked[1])
        assignments.record(connection, event_id, regrouped.merged_into, regrouped.split_from)
        changed = replay_event(connection, event_id, standing, regrouped.numbers)
        reclusters.done(
            connection,
            event_id,
            revision=revision,
            next_cluster_id=regrouped.next_number,
            pause=PAUSE_FACTOR * (time.monotonic() - started),
        )
    people_found = len({*regrouped.numbers.values()} - {NO_PERSON})
    telemetry.count_people_changed(len(changed))
    span.note(faces=len(read.ids), people=people_found, changed=len(changed))
    _log.info("%d faces, %d people, %d changed", len(read.ids), people_found, len(changed))


def _groups(read: reclusters.Embeddings) -> list[list[list[uuid.UUID]]]:
    """For each encoder the groups of its faces, largest first; those in no group are left out."""
    from kanta_core.people.groups.grouping import Faces, group  # noqa: PLC0415

    found = []
    for its in read.by_encoder():
        numbers = group(Faces(read.vectors[its], read.qualities[its], photos=read.photos[its]))
        members: dict[int, list[uuid.UUID]] = {}
        for face, number in zip(its.tolist(), numbers.tolist(), strict=True):
            if number != NO_PERSON:
                members.setdefault(number, []).append(read.ids[face])
        # Of equals the first as they were read: new numbers do not depend on how the grouping counts.
        found.append(sorted(members.values(), key=len, reverse=True))
    return found
