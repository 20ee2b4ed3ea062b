"""Join: a new face starts in the person of the faces it is like; the next recluster confirms or corrects."""

from __future__ import annotations

import uuid

from kanta_core.database import neighbours
from kanta_core.database.assignments import Standing
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import NO_PERSON, Encoding
from kanta_core.people.search.joining import Neighbour, choose
from kanta_core.services import Services

_NEAREST = 24


def find_alike(
    services: Services, event_id: uuid.UUID, image_id: uuid.UUID, encoding: Encoding
) -> dict[int, uuid.UUID]:
    """For those faces of a photo that join a person, by their place in it: the face of that person most like them.

    Outside the transaction that writes them: in a huge event this takes a while. It is the grouping's people that
    they are compared with: what organisers made one person need not look like one.
    """
    if not encoding.faces:
        return {}
    with services.database.transaction() as connection:
        near = neighbours.nearest_of_each(
            connection,
            event_id,
            [face.embedding for face in encoding.faces],
            encoder=encoding.encoder,
            image_id=image_id,
            most=_NEAREST,
        )
    chosen = choose([[Neighbour(face.grouped_as, face.squared_distance) for face in faces] for faces in near])
    return {
        place: next(face.face_id for face in near[place] if face.grouped_as == number)
        for place, number in enumerate(chosen)
        if number != NO_PERSON
    }


def starts(connection: Connection, event_id: uuid.UUID, alike: dict[int, uuid.UUID]) -> dict[int, Standing]:
    """Where the faces start: with those like them, wherever these are by now; nowhere where they are gone."""
    if not alike:
        return {}
    now = neighbours.standing_of(connection, event_id, alike.values())
    return {place: now[face] for place, face in alike.items() if face in now}
