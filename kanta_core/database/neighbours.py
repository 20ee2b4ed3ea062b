"""Neighbours: the faces nearest to new ones, and the embeddings of faces that are to be compared."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, NamedTuple

from pgvector import Vector

from kanta_core.database.assignments import Standing
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import EMBEDDING_SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# For each new embedding the nearest faces of the same encoder that are in a person, of other images than theirs.
# Twice the cosine distance is the squared distance at unit length. Where nobody is in a person nothing is read.
NEAREST_OF_EACH = """
    SELECT q.place, n.id, n.grouped_as, 2 * n.distance
      FROM unnest(%(embeddings)s::text[]::vector[]) WITH ORDINALITY AS q (embedding, place)
     CROSS JOIN LATERAL (
            SELECT f.id, f.grouped_as, f.embedding <=> q.embedding AS distance
              FROM faces f
             WHERE f.event_id = %(event_id)s AND f.encoder = %(encoder)s AND f.cluster_id <> -1
               AND f.image_id <> %(image_id)s
             ORDER BY f.embedding <=> q.embedding, f.id
             LIMIT %(most)s) n
     WHERE EXISTS (SELECT FROM people WHERE event_id = %(event_id)s)
     ORDER BY q.place, n.distance, n.id
"""

# In which people these faces are now.
STANDING_OF = """
    SELECT id, grouped_as, cluster_id FROM faces WHERE event_id = %(event_id)s AND id = ANY(%(face_ids)s)
"""

# The embeddings of these faces.
EMBEDDINGS_OF = """
    SELECT id, encoder, embedding FROM faces WHERE event_id = %(event_id)s AND id = ANY(%(face_ids)s)
"""

# The embeddings of a person's faces, those of the encoder that saw most of them.
EMBEDDINGS_OF_PERSON = """
    SELECT embedding FROM faces
     WHERE event_id = %(event_id)s AND cluster_id = %(cluster_id)s
       AND encoder = (SELECT mode() WITHIN GROUP (ORDER BY encoder) FROM faces
                       WHERE event_id = %(event_id)s AND cluster_id = %(cluster_id)s)
"""


# The embeddings of these people's faces, by the encoder that saw them.
EMBEDDINGS_OF_PEOPLE = """
    SELECT encoder, embedding FROM faces WHERE event_id = %(event_id)s AND cluster_id = ANY(%(cluster_ids)s)
"""

# The faces in no person that an encoder saw.
EMBEDDINGS_OF_NOBODY = """
    SELECT id, embedding FROM faces WHERE event_id = %(event_id)s AND cluster_id = -1 AND encoder = %(encoder)s
"""


class Near(NamedTuple):
    """A face near a new one; the distance is squared, of embeddings of unit length."""

    face_id: uuid.UUID
    grouped_as: int
    squared_distance: float


def nearest_of_each(
    connection: Connection,
    event_id: uuid.UUID,
    embeddings: Sequence[NDArray[np.float32]],
    *,
    encoder: str,
    image_id: uuid.UUID,
    most: int,
) -> list[list[Near]]:
    """For each embedding its `most` nearest faces in people of the event, nearest first. None is missed."""
    found: list[list[Near]] = [[] for _ in embeddings]
    values = {
        "event_id": event_id,
        "embeddings": [Vector(embedding).to_text() for embedding in embeddings],
        "encoder": encoder,
        "image_id": image_id,
        "most": most,
    }
    for place, *near in connection.execute(NEAREST_OF_EACH, values):
        found[place - 1].append(Near(*near))
    return found


def standing_of(
    connection: Connection, event_id: uuid.UUID, face_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, Standing]:
    """In which people those of the faces are that are still there."""
    rows = connection.execute(STANDING_OF, {"event_id": event_id, "face_ids": list(face_ids)})
    return {face: Standing(grouped_as, cluster_id) for face, grouped_as, cluster_id in rows}


def embeddings_of(
    connection: Connection, event_id: uuid.UUID, face_ids: Sequence[uuid.UUID]
) -> tuple[list[str], NDArray[np.float32]]:
    """Each face's encoder and its embedding (float32, (n, 128)), in the order asked for. All must be there."""
    import numpy as np  # noqa: PLC0415 - for those who compare

    place_of = {face: place for place, face in enumerate(face_ids)}
    encoders = [""] * len(face_ids)
    vectors = np.empty((len(face_ids), EMBEDDING_SIZE), np.float32)
    values = {"event_id": event_id, "face_ids": list(face_ids)}
    for face, encoder, embedding in connection.execute(EMBEDDINGS_OF, values, binary=True):
        encoders[place_of[face]] = encoder
        vectors[place_of[face]] = embedding.to_numpy() if isinstance(embedding, Vector) else embedding
    return encoders, vectors


def embeddings_of_person(connection: Connection, event_id: uuid.UUID, cluster_id: int) -> NDArray[np.float32]:
    """The embeddings of the person's faces, float32 (n, 128), as far as they can be compared with each other."""
    rows = connection.execute(
        EMBEDDINGS_OF_PERSON, {"event_id": event_id, "cluster_id": cluster_id}, binary=True
    ).fetchall()
    return _stacked([row for (row,) in rows])


def embeddings_of_people(
    connection: Connection, event_id: uuid.UUID, cluster_ids: Collection[int]
) -> dict[str, NDArray[np.float32]]:
    """The embeddings of all these people's faces, float32 (n, 128), by the encoder that saw them."""
    found: dict[str, list[Vector]] = {}
    values = {"event_id": event_id, "cluster_ids": list(cluster_ids)}
    for encoder, embedding in connection.execute(EMBEDDINGS_OF_PEOPLE, values, binary=True):
        found.setdefault(encoder, []).append(embedding)
    return {encoder: _stacked(its) for encoder, its in found.items()}


def embeddings_of_nobody(
    connection: Connection, event_id: uuid.UUID, encoder: str
) -> tuple[list[uuid.UUID], NDArray[np.float32]]:
    """The faces in no person that an encoder saw, and their embeddings, float32 (n, 128)."""
    values = {"event_id": event_id, "encoder": encoder}
    rows = connection.execute(EMBEDDINGS_OF_NOBODY, values, binary=True).fetchall()
    return [face for face, _ in rows], _stacked([embedding for _, embedding in rows])


def _stacked(rows: Sequence[Vector | NDArray[np.float32]]) -> NDArray[np.float32]:
    import numpy as np  # noqa: PLC0415 - for those who compare

    vectors = [row.to_numpy() if isinstance(row, Vector) else row for row in rows]
    return np.array(vectors, np.float32).reshape(-1, EMBEDDING_SIZE)
