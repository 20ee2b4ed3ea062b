"""What an organiser wants to know of an event as a whole, in numbers."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from psycopg.rows import class_row

from kanta_core.database.pool import Connection

# How many photos there are in each state.
PHOTOS = "SELECT status::text, count(*) FROM images WHERE event_id = %(event_id)s GROUP BY status"

# How many people there are, and of which kinds.
PEOPLE = """
    SELECT count(*) AS people, count(*) FILTER (WHERE c.faces = 1) AS singletons,
           count(*) FILTER (WHERE p.name IS NOT NULL) AS named, count(*) FILTER (WHERE p.hidden) AS hidden,
           coalesce(sum(c.faces), 0)::bigint AS faces
      FROM (SELECT cluster_id, count(*) AS faces FROM faces
             WHERE event_id = %(event_id)s AND cluster_id <> -1
             GROUP BY cluster_id) c
      LEFT JOIN people p ON p.event_id = %(event_id)s AND p.cluster_id = c.cluster_id
"""

# Why faces are in no person: an organiser said so, or parted them from everybody; they are too poor to tell whose
# they are; or they came after the last recluster.
LEFT_OUT = """
    SELECT CASE WHEN EXISTS (SELECT FROM corrections c
                              WHERE c.event_id = f.event_id AND c.kind = 'never_group' AND c.undone_at IS NULL
                                AND f.id = ANY(c.face_ids)) THEN 'never_grouped'
                WHEN f.grouped_as <> -1 THEN 'told_apart'
                WHEN f.quality < %(poor)s THEN 'too_poor'
                ELSE 'waiting' END AS reason, count(*)
      FROM faces f
     WHERE f.event_id = %(event_id)s AND f.cluster_id = -1
     GROUP BY reason
"""


@dataclass(frozen=True, slots=True)
class PeopleCounts:
    """How many people: in all, with a single face, with a name, hidden; and the faces that are in them."""

    people: int
    singletons: int
    named: int
    hidden: int
    faces: int


def photos(connection: Connection, event_id: uuid.UUID) -> dict[str, int]:
    """How many of the event's photos are in each state that any is in."""
    return dict(connection.execute(PHOTOS, {"event_id": event_id}).fetchall())


def people(connection: Connection, event_id: uuid.UUID) -> PeopleCounts:
    with connection.cursor(row_factory=class_row(PeopleCounts)) as cursor:
        counts = cursor.execute(PEOPLE, {"event_id": event_id}).fetchone()
    assert counts is not None
    return counts


def left_out(connection: Connection, event_id: uuid.UUID, *, poor: float) -> dict[str, int]:
    """How many faces are in no person, by reason; those of a quality below `poor` are too poor."""
    return dict(connection.execute(LEFT_OUT, {"event_id": event_id, "poor": poor}).fetchall())
