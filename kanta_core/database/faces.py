"""Faces: writing what encoding found, and reading them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pgvector import Vector
from psycopg.rows import kwargs_row

from kanta_core.database import corrections, guests
from kanta_core.database.assignments import Standing
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import NO_PERSON, SAME_PLACE, Box, Encoding, face_id
from kanta_core.domain.records import StoredFace

_NOWHERE = Standing(NO_PERSON, NO_PERSON)

# The faces of an image go; where they were, and in which people.
DELETE_OF_IMAGE = """
    DELETE FROM faces WHERE event_id = %(event_id)s AND image_id = %(image_id)s
    RETURNING id, grouped_as, cluster_id, x, y, width, height
"""

# The faces of one photo, in binary: 3 times faster than INSERTs.
COPY_IN = """
    COPY faces (id, event_id, image_id, grouped_as, cluster_id, x, y, width, height, landmarks, score, quality,
                encoder, embedding)
    FROM STDIN (FORMAT BINARY)
"""
_COPY_TYPES = (*["uuid"] * 3, *["int4"] * 6, "int4[]", "float4", "float4", "text", "vector")

# The faces of one image, from left to right.
OF_IMAGE = """
    SELECT f.id, f.event_id, f.image_id, i.sha256, f.cluster_id, f.x, f.y, f.width, f.height, f.score, f.quality
      FROM faces f JOIN images i ON i.event_id = f.event_id AND i.id = f.image_id
     WHERE f.event_id = %(event_id)s AND f.image_id = %(image_id)s
     ORDER BY f.x, f.y, f.id
"""

# A page of a person's faces, the cover first, then the best-seen; as its samples are.
OF_PERSON = """
    SELECT f.id, f.event_id, f.image_id, i.sha256, f.cluster_id, f.x, f.y, f.width, f.height, f.score, f.quality
      FROM faces f
      JOIN images i ON i.event_id = f.event_id AND i.id = f.image_id
      LEFT JOIN people p ON p.event_id = f.event_id AND p.cluster_id = f.cluster_id
     WHERE f.event_id = %(event_id)s AND f.cluster_id = %(cluster_id)s
     ORDER BY f.id IS NOT DISTINCT FROM p.cover_face_id DESC, f.quality DESC,
              f.score * sqrt(f.width::real * f.height) DESC, f.id
     LIMIT %(limit)s OFFSET %(offset)s
"""


def _stored_face(**row: Any) -> StoredFace:  # noqa: ANN401 - a row of the database, typed by StoredFace
    return StoredFace(
        id=row["id"],
        event_id=row["event_id"],
        image_id=row["image_id"],
        sha256=row["sha256"],
        cluster_id=row["cluster_id"],
        box=Box(row["x"], row["y"], row["width"], row["height"]),
        score=row["score"],
        quality=row["quality"],
    )


def replace(
    connection: Connection,
    event_id: uuid.UUID,
    image_id: uuid.UUID,
    sha256: bytes,
    encoding: Encoding,
    *,
    starts: Mapping[int, Standing],
) -> set[uuid.UUID]:
    """Write the faces found in the image's bytes over those it had; the ids of those it has no longer.

    A face that was there before, in about the same place, stays in its person, and what was stated about it goes
    on counting: another encoder draws other boxes. The k-th of the others starts as `starts` has it, or in no
    person.
    """
    before = delete_of_image(connection, event_id, image_id)
    if not encoding.faces:
        return set(before)
    gone = set(before)
    replaced: dict[uuid.UUID, uuid.UUID] = {}
    with connection.cursor() as cursor, cursor.copy(COPY_IN) as copy:
        copy.set_types(_COPY_TYPES)
        for place, face in enumerate(encoding.faces):
            key = face_id(event_id, sha256, face.box)
            former = _face_at(face.box, before)
            standing = starts.get(place, _NOWHERE) if former is None else before[former][0]
            if former not in (None, key):
                replaced[key] = former
            copy.write_row(
                (
                    *(key, event_id, image_id, *standing),
                    *(face.box.x, face.box.y, face.box.width, face.box.height),
                    [coordinate for point in face.landmarks for coordinate in point],
                    *(face.score, face.quality, encoding.encoder, Vector(face.embedding)),
                )
            )
            gone.discard(key)
    if replaced:
        corrections.rename_faces(connection, event_id, replaced)
        guests.rename_faces(connection, event_id, replaced)
    return gone


def delete_of_image(
    connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID
) -> dict[uuid.UUID, tuple[Standing, Box]]:
    """Which person each of the deleted faces was in, and where it was."""
    rows = connection.execute(DELETE_OF_IMAGE, {"event_id": event_id, "image_id": image_id})
    return {face: (Standing(grouped, number), Box(*place)) for face, grouped, number, *place in rows}


def _face_at(box: Box, before: Mapping[uuid.UUID, tuple[Standing, Box]]) -> uuid.UUID | None:
    near = [(box.overlap(place), face) for face, (_, place) in before.items()]
    overlap, face = max(near, default=(0.0, None))
    return face if overlap >= SAME_PLACE else None


def of_image(connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID) -> list[StoredFace]:
    with connection.cursor(row_factory=kwargs_row(_stored_face)) as cursor:
        return cursor.execute(OF_IMAGE, {"event_id": event_id, "image_id": image_id}).fetchall()


def of_person(
    connection: Connection, event_id: uuid.UUID, cluster_id: int, *, limit: int, offset: int
) -> list[StoredFace]:
    """A page of the person's faces: the cover, then the best-seen first."""
    values = {"event_id": event_id, "cluster_id": cluster_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=kwargs_row(_stored_face)) as cursor:
        return cursor.execute(OF_PERSON, values).fetchall()
