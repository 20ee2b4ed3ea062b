"""Matches: the faces of an event near one that somebody shows. Those of hidden people are nobody's to find."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pgvector import Vector
from psycopg.rows import class_row, kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import Box
from kanta_core.domain.records import Match, StoredFace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Metric = Literal["cosine", "l2"]

# All that a search reads is of one moment: what tells which faces there are, and the faces.
_ONE_MOMENT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"

# The event's faces near one embedding of the same encoder. No index: inside an event the exact search is complete.
NEAREST = """
    SELECT id, cluster_id, embedding {operator} %(embedding)s AS distance
      FROM faces
     WHERE event_id = %(event_id)s AND encoder = %(encoder)s
       AND cluster_id <> ALL (ARRAY(SELECT cluster_id FROM people WHERE event_id = %(event_id)s AND hidden))
     ORDER BY embedding {operator} %(embedding)s, id
     LIMIT %(most)s
"""

# The same of faces that are named.
NEAREST_OF = NEAREST.replace("WHERE", "WHERE id = ANY(%(face_ids)s) AND", 1)
_OPERATORS = {"cosine": "<=>", "l2": "<->"}
_NEAREST = {metric: NEAREST.format(operator=operator) for metric, operator in _OPERATORS.items()}
_NEAREST_OF = {metric: NEAREST_OF.format(operator=operator) for metric, operator in _OPERATORS.items()}

# Faces, as they are shown, and the photos they are in.
SHOWN = """
    SELECT f.id, f.event_id, f.image_id, i.sha256, f.cluster_id, f.x, f.y, f.width, f.height, f.score, f.quality,
           i.blob_name, i.file_extension
      FROM faces f JOIN images i ON i.event_id = f.event_id AND i.id = f.image_id
     WHERE f.event_id = %(event_id)s AND f.id = ANY(%(face_ids)s)
"""

# Of each of these people how many faces it has by this encoder, of more than a few that it has as many.
COUNTS = """
    SELECT n.cluster_id, (SELECT count(*) FROM (
               SELECT FROM faces f
                WHERE f.event_id = %(event_id)s AND f.cluster_id = n.cluster_id AND f.encoder = %(encoder)s
                LIMIT %(most)s) AS its)
      FROM unnest(%(cluster_ids)s::integer[]) AS n (cluster_id)
"""

# What is said of people, and how many faces they have.
KNOWN = """
    SELECT p.cluster_id, p.name, p.revision, count(*) AS face_count
      FROM people p JOIN faces f ON f.event_id = p.event_id AND f.cluster_id = p.cluster_id
     WHERE p.event_id = %(event_id)s AND p.cluster_id = ANY(%(cluster_ids)s)
     GROUP BY p.event_id, p.cluster_id
"""


class Near(NamedTuple):
    """A face near the one that is shown, and its person's number; `distance` is in the metric asked for."""

    id: uuid.UUID
    cluster_id: int
    distance: float


class Known(NamedTuple):
    """What is to be said of a person that was found."""

    cluster_id: int
    name: str | None
    revision: int
    face_count: int


def at_one_moment(connection: Connection) -> None:
    """Make everything that this transaction reads of one moment; its first statement."""
    connection.execute(_ONE_MOMENT)


def nearest(
    connection: Connection,
    event_id: uuid.UUID,
    embedding: NDArray[np.float32],
    *,
    encoder: str,
    metric: Metric,
    most: int,
    among: Sequence[uuid.UUID] | None = None,
) -> list[Near]:
    """The `most` faces of the event nearest to `embedding` (float32, (128,)), nearest first. None is missed.

    Only faces of the same encoder are near or far. With `among` only those of these that are still there.
    """
    values = {"event_id": event_id, "embedding": Vector(embedding), "encoder": encoder, "most": most}
    statement = _NEAREST[metric] if among is None else _NEAREST_OF[metric]
    if among is not None:
        values["face_ids"] = among
    with connection.cursor(row_factory=class_row(Near)) as cursor:
        return cursor.execute(statement, values).fetchall()


def shown(connection: Connection, event_id: uuid.UUID, near: Sequence[Near]) -> list[Match]:
    """These faces with all that is shown of them, in the same order."""
    distance_of = {face.id: face.distance for face in near}

    def match(*, blob_name: str, file_extension: str | None, **row: Any) -> Match:  # noqa: ANN401 - a row, typed by Match
        place = Box(*(row.pop(side) for side in ("x", "y", "width", "height")))
        face = StoredFace(box=place, **row)
        return Match(face=face, blob_name=blob_name, file_extension=file_extension, distance=distance_of[face.id])

    with connection.cursor(row_factory=kwargs_row(match)) as cursor:
        found = cursor.execute(SHOWN, {"event_id": event_id, "face_ids": list(distance_of)}).fetchall()
    by_id = {each.face.id: each for each in found}
    return [by_id[face] for face in distance_of]


def counts(
    connection: Connection, event_id: uuid.UUID, cluster_ids: Collection[int], *, encoder: str, most: int
) -> dict[int, int]:
    """How many faces these people have by this encoder, at most `most` being counted."""
    values = {"event_id": event_id, "cluster_ids": list(cluster_ids), "encoder": encoder, "most": most}
    return dict(connection.execute(COUNTS, values).fetchall())


def known(connection: Connection, event_id: uuid.UUID, cluster_ids: Collection[int]) -> dict[int, Known]:
    """What is to be said of these people, by their numbers."""
    with connection.cursor(row_factory=class_row(Known)) as cursor:
        rows = cursor.execute(KNOWN, {"event_id": event_id, "cluster_ids": list(cluster_ids)})
        return {row.cluster_id: row for row in rows}
