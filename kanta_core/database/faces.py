"""Faces: writing what encoding found, reading them, and the exact search inside one event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

from pgvector import Vector
from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import Box, Face, face_id
from kanta_core.domain.records import Match, StoredFace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Metric = Literal["cosine", "l2"]

# The faces of an image whose bytes are no longer its own.
DELETE_OF_IMAGE = "DELETE FROM faces WHERE event_id = %(event_id)s AND image_id = %(image_id)s"

# The faces of one photo, in binary: 3 times faster than INSERTs.
COPY_IN = """
    COPY faces (id, event_id, image_id, x, y, width, height, landmarks, score, embedding)
    FROM STDIN (FORMAT BINARY)
"""
_COPY_TYPES = ("uuid", "uuid", "uuid", "int4", "int4", "int4", "int4", "int4[]", "float4", "vector")

# The faces of one image, from left to right.
OF_IMAGE = """
    SELECT id, image_id, cluster_id, x, y, width, height, score FROM faces
     WHERE event_id = %(event_id)s AND image_id = %(image_id)s
     ORDER BY x, y, id
"""

# Every face of the event near one embedding. No index: inside an event the exact search is fast and complete.
NEAREST = """
    SELECT f.id, f.image_id, f.cluster_id, f.x, f.y, f.width, f.height, f.score, i.blob_name, i.file_extension,
           f.distance
      FROM (SELECT *, embedding {operator} %(embedding)s AS distance FROM faces
             WHERE event_id = %(event_id)s
             ORDER BY embedding {operator} %(embedding)s, id
             LIMIT %(top_k)s) f
      JOIN images i ON i.event_id = %(event_id)s AND i.id = f.image_id
     ORDER BY f.distance, f.id
"""
_NEAREST = {
    "cosine": NEAREST.format(operator="<=>"),
    "l2": NEAREST.format(operator="<->"),
}


def _stored_face(**row: Any) -> StoredFace:  # noqa: ANN401 - a row of the database, typed by StoredFace
    return StoredFace(
        id=row["id"],
        image_id=row["image_id"],
        cluster_id=row["cluster_id"],
        box=Box(row["x"], row["y"], row["width"], row["height"]),
        score=row["score"],
    )


def _match(*, blob_name: str, file_extension: str | None, distance: float, **row: Any) -> Match:  # noqa: ANN401
    return Match(face=_stored_face(**row), blob_name=blob_name, file_extension=file_extension, distance=distance)


def insert(
    connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID, sha256: bytes, found: Sequence[Face]
) -> None:
    """Write the faces found in the image's bytes."""
    with connection.cursor() as cursor, cursor.copy(COPY_IN) as copy:
        copy.set_types(_COPY_TYPES)
        for face in found:
            box = face.box
            landmarks = [coordinate for point in face.landmarks for coordinate in point]
            key = face_id(event_id, sha256, box)
            place = (box.x, box.y, box.width, box.height)
            copy.write_row((key, event_id, image_id, *place, landmarks, face.score, Vector(face.embedding)))


def delete_of_image(connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID) -> None:
    connection.execute(DELETE_OF_IMAGE, {"event_id": event_id, "image_id": image_id})


def of_image(connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID) -> list[StoredFace]:
    with connection.cursor(row_factory=kwargs_row(_stored_face)) as cursor:
        return cursor.execute(OF_IMAGE, {"event_id": event_id, "image_id": image_id}).fetchall()


def nearest(
    connection: Connection,
    event_id: uuid.UUID,
    embedding: NDArray[np.float32],
    *,
    metric: Metric,
    top_k: int,
) -> list[Match]:
    """The `top_k` faces of the event nearest to `embedding` (float32, (128,)), nearest first. None is missed."""
    values = {"event_id": event_id, "embedding": Vector(embedding), "top_k": top_k}
    with connection.cursor(row_factory=kwargs_row(_match)) as cursor:
        return cursor.execute(_NEAREST[metric], values).fetchall()
