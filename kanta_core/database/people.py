"""People as readers see them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import Box
from kanta_core.domain.records import Person, Sample

# The event's people, or these of them, biggest first, those in no person last; each with its cover and its
# best-seen faces as samples.
LIST = """
    WITH ranked AS (
        SELECT f.*, p.name, p.revision, coalesce(p.hidden, false) AS hidden, f.id = p.cover_face_id AS is_cover,
               row_number() OVER (
                   PARTITION BY f.cluster_id
                   ORDER BY f.id IS NOT DISTINCT FROM p.cover_face_id DESC, f.quality DESC,
                            f.score * sqrt(f.width::real * f.height) DESC, f.id) AS place
          FROM faces f
          LEFT JOIN people p ON p.event_id = f.event_id AND p.cluster_id = f.cluster_id
         WHERE f.event_id = %(event_id)s
           AND (%(cluster_ids)s::integer[] IS NULL OR f.cluster_id = ANY(%(cluster_ids)s))
           AND (%(hidden)s OR p.hidden IS NOT TRUE))
    SELECT r.event_id, r.cluster_id, r.name, r.revision, r.hidden,
           count(*) AS face_count, count(DISTINCT r.image_id) AS image_count,
           (array_agg(r.id) FILTER (WHERE r.is_cover))[1] AS cover_face_id,
           ARRAY(SELECT o.cluster_id FROM people o
                  WHERE o.event_id = r.event_id AND o.goes_on_as = r.cluster_id ORDER BY 1) AS former_numbers,
           jsonb_agg(jsonb_build_array(r.id, encode(i.sha256, 'hex'), i.blob_name, i.file_extension,
                                           r.x, r.y, r.width, r.height)
                     ORDER BY r.place) FILTER (WHERE r.place <= %(sample_size)s) AS samples
      FROM ranked r
      JOIN images i ON i.event_id = r.event_id AND i.id = r.image_id
     GROUP BY r.event_id, r.cluster_id, r.name, r.revision, r.hidden
     ORDER BY r.cluster_id = -1, count(*) DESC, r.cluster_id
"""

# Whom numbers stand for: a number without faces stands for whom it went on as, if anybody.
RESOLVE = """
    SELECT n.cluster_id, p.goes_on_as
      FROM unnest(%(cluster_ids)s::integer[]) AS n (cluster_id)
      JOIN people p ON p.event_id = %(event_id)s AND p.cluster_id = n.cluster_id AND p.goes_on_as IS NOT NULL
"""


def _person(*, event_id: uuid.UUID, samples: Iterable[list[Any]], **row: Any) -> Person:  # noqa: ANN401 - a row
    shown = tuple(
        Sample(
            face_id=uuid.UUID(face),
            event_id=event_id,
            sha256=bytes.fromhex(sha256),
            blob_name=blob,
            file_extension=extension,
            box=Box(*place),
        )
        for face, sha256, blob, extension, *place in samples
    )
    return Person(samples=shown, **{**row, "former_numbers": tuple(row["former_numbers"])})


def list_people(
    connection: Connection,
    event_id: uuid.UUID,
    *,
    sample_size: int,
    hidden: bool,
    cluster_ids: Collection[int] | None = None,
) -> list[Person]:
    """The event's people, biggest first; the faces in no person come last, under -1.

    Those that are `hidden` only on demand. `cluster_ids` are the only ones wanted.
    """
    values = {
        "event_id": event_id,
        "sample_size": sample_size,
        "hidden": hidden,
        "cluster_ids": None if cluster_ids is None else list(cluster_ids),
    }
    with connection.cursor(row_factory=kwargs_row(_person)) as cursor:
        return cursor.execute(LIST, values).fetchall()


def resolve(connection: Connection, event_id: uuid.UUID, cluster_ids: Sequence[int]) -> list[int]:
    """The numbers under which the people meant by these are now; one that is nobody's stays as it is."""
    values = {"event_id": event_id, "cluster_ids": list(cluster_ids)}
    went = dict(connection.execute(RESOLVE, values).fetchall())
    return [went.get(number, number) for number in cluster_ids]
