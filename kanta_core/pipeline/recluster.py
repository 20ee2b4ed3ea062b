"""Recluster: the faces of an event become its people."""

from __future__ import annotations

import logging
import uuid

from kanta_core.database import people
from kanta_core.domain.faces import NO_PERSON
from kanta_core.services import Services
from kanta_core.storage.names import RECLUSTER_QUEUE

_log = logging.getLogger(__name__)

# A recluster that was asked for and not heard of since is asked for again.
_LOST_AFTER = 300.0


def request_reclusters(services: Services) -> int:
    """Ask for a recluster of every event whose faces changed; how many were asked for."""
    with services.database.transaction() as connection:
        changed = people.take_changed(connection, lost_after=_LOST_AFTER)
        # Before the commit: what could not be sent is not marked as sent, and a worker that is quicker waits.
        services.queues.send_all(RECLUSTER_QUEUE, [{"event_id": str(event_id)} for event_id in changed])
    return len(changed)


def recluster(services: Services, event_id: uuid.UUID) -> None:
    """Make the event's people reflect its faces. Readers see the old people until all of the new are there.

    The grouping is computed outside any transaction; two at once are harmless: they agree, and the one that
    read the newer faces stands.
    """
    # numpy is for those who recluster.
    from kanta_core.people.identity import carry_over  # noqa: PLC0415

    with services.database.transaction() as connection:
        found = people.revisions(connection, event_id)
        if found is None:
            return
        revision, reflected = found
        if revision == reflected:
            people.settle(connection, event_id)
            return
        read = people.embeddings(connection, event_id)
    by_encoder = _groups(read)
    with services.database.transaction() as connection:
        locked = people.lock(connection, event_id)
        if locked is None or locked[0] >= revision:
            return
        previous = people.assigned(connection, event_id)
        assigned, next_number = dict.fromkeys(read.ids, NO_PERSON), locked[1]
        # One encoder after the other: those of a person whom several have seen go on under its number in each.
        for groups in by_encoder:
            numbers, next_number = carry_over(groups, previous, next_number=next_number)
            assigned |= numbers
        moves = [(face, number) for face, number in assigned.items() if previous.get(face, NO_PERSON) != number]
        people.assign(connection, event_id, moves, revision=revision, next_cluster_id=next_number)
    people_found = len({*assigned.values()} - {NO_PERSON})
    _log.info("%d faces, %d people, %d moved", len(read.ids), people_found, len(moves))


def _groups(read: people.Embeddings) -> list[list[list[uuid.UUID]]]:
    """For each encoder the groups of its faces, largest first; those in no group are left out."""
    import numpy as np  # noqa: PLC0415

    from kanta_core.people.grouping import Faces, group  # noqa: PLC0415

    found = []
    for encoder in sorted(set(read.encoders)):
        its = np.flatnonzero([other == encoder for other in read.encoders])
        # Every face a photo of its own as long as photos are not read.
        numbers = group(Faces(read.vectors[its], read.qualities[its], photos=np.arange(len(its))))
        members: dict[int, list[uuid.UUID]] = {}
        for face, number in zip(its.tolist(), numbers.tolist(), strict=True):
            if number != NO_PERSON:
                members.setdefault(number, []).append(read.ids[face])
        found.append([members[number] for number in sorted(members)])
    return found
