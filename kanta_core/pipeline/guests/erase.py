"""Erase: a guest's faces are forgotten for good, on their word alone.

One transaction deletes the vectors, the people and whatever was stated about them, ends the link, and remembers
where the faces were, so that no later look at the same bytes brings them back. The cut-out faces are deleted after
it; those that a kill leaves belong to nobody, and the sweep deletes them. The photos stay: they show others, too.

Whoever is in a photo that comes later is found in it again, as nothing is kept that could tell who it is.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from kanta_core import telemetry
from kanta_core.database import audit, events, exports, forgotten, guests, neighbours, notices, tokens
from kanta_core.database.forgotten import Gone
from kanta_core.database.pool import Connection
from kanta_core.domain.access import Token
from kanta_core.domain.audit import Action
from kanta_core.errors import NobodyFound, StorageUnavailable, Unauthenticated
from kanta_core.services import Services
from kanta_core.storage.names import PICTURES, crop_name

_log = logging.getLogger(__name__)

# Deleting waits on the network, not on the processor.
_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What went: faces with their vectors, the pictures cut out of them, people with their names.

    `photos_stay` counts the photos they were in. Consent was given to `consent_version`, and is taken back.
    """

    erased_at: datetime
    faces: int
    crops: int
    people: int
    photos_stay: int
    consent_version: str


def erase(services: Services, token: Token) -> Receipt:
    """Forget everybody that the guest link was made for, hidden or not, and end the link.

    Forgotten are the people who have the faces by which the guest was found, those faces wherever they are, and
    faces in no person that are likely theirs. NobodyFound when the token is no guest link; Unauthenticated
    when it has ended meanwhile.
    """
    with services.database.transaction() as connection:
        if not events.hold(connection, token.event_id) or not tokens.is_good(connection, token.id):
            raise Unauthenticated
        people, said_so = guests.to_forget(connection, token)
        said_so.update(_loose_of(connection, token.event_id, people))
        gone = forgotten.forget(connection, token.event_id, people, said_so)
        recorded = forgotten.record(connection, token.event_id, token.id, faces=len(gone), people=len(people))
        if recorded is None:
            raise NobodyFound("Nobody was found with this token: there is nobody to forget.")
        tokens.revoke(connection, token.event_id, token.id)
        exports.forget_people(connection, token.event_id, people)
        notices.tell_people(connection, token.event_id, gone=people)
        audit.note(connection, token.event_id, Action.FACES_FORGOTTEN, faces=len(gone), people=len(people))
        if gone:
            events.faces_changed(connection, token.event_id, **telemetry.carrier())
    erased_at, consent_version = recorded
    return Receipt(
        erased_at=erased_at,
        faces=len(gone),
        crops=_delete_crops(services, token.event_id, gone),
        people=len(people),
        photos_stay=len({face.image_id for face in gone}),
        consent_version=consent_version,
    )


def _loose_of(connection: Connection, event_id: uuid.UUID, people: Collection[int]) -> list[uuid.UUID]:
    """Faces in no person that are likely one of these people's."""
    # numpy is for those who compare.
    from kanta_core.people.search.likely import likely_theirs  # noqa: PLC0415

    found: list[uuid.UUID] = []
    for encoder, theirs in neighbours.embeddings_of_people(connection, event_id, people).items():
        ids, vectors = neighbours.embeddings_of_nobody(connection, event_id, encoder)
        found += [ids[row] for row in likely_theirs(theirs, vectors)]
    return found


def _delete_crops(services: Services, event_id: uuid.UUID, gone: Sequence[Gone]) -> int:
    """How many were deleted; whoever can't be is left to the sweep."""
    names = [crop_name(event_id, face.sha256, face.id) for face in gone]
    try:
        with ThreadPoolExecutor(_WORKERS) as deleters:
            return sum(deleters.map(lambda name: services.blobs.delete(name, container=PICTURES), names))
    except StorageUnavailable:
        _log.warning("could not delete the pictures of forgotten faces; the sweep will")
        return 0
