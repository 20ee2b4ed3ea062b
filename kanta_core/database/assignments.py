"""Assignments: which person each face is in, and what is known of each person's number.

Written under the event's lock only.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg.rows import class_row

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import NO_PERSON

# Every face of the event: the person the grouping puts it in, and the one it is in.
STANDING = "SELECT id, grouped_as, cluster_id FROM faces WHERE event_id = %(event_id)s"

# Moves faces to their people; only those that move are written.
ASSIGN = """
    UPDATE faces f SET grouped_as = a.grouped_as, cluster_id = a.cluster_id
      FROM unnest(%(face_ids)s::uuid[], %(grouped_as)s::integer[], %(cluster_ids)s::integer[])
           AS a (id, grouped_as, cluster_id)
     WHERE f.event_id = %(event_id)s AND f.id = a.id
"""

# New numbers; those that are there stay as they are.
INSERT_PEOPLE = """
    INSERT INTO people (event_id, cluster_id)
    SELECT %(event_id)s, cluster_id FROM unnest(%(cluster_ids)s::integer[]) AS n (cluster_id)
    ON CONFLICT DO NOTHING
"""

# Every number of the event that was ever a person's.
NUMBERS = """
    SELECT cluster_id, revision, name, hidden, cover_face_id, merged_into, split_from, goes_on_as
      FROM people WHERE event_id = %(event_id)s
"""

# Where numbers went and where new ones came from, for good.
RECORD = """
    UPDATE people p SET merged_into = l.merged_into, split_from = coalesce(l.split_from, p.split_from)
      FROM unnest(%(cluster_ids)s::integer[], %(merged_into)s::integer[], %(split_from)s::integer[])
           AS l (cluster_id, merged_into, split_from)
     WHERE p.event_id = %(event_id)s AND p.cluster_id = l.cluster_id
"""

# What is said of people, and whom numbers stand for. Only what readers see of a person raises its revision here;
# a change of its faces does so by itself.
DESCRIBE = """
    UPDATE people p
       SET name = d.name, hidden = d.hidden, cover_face_id = d.cover_face_id, goes_on_as = d.goes_on_as,
           revision = p.revision + CASE
               WHEN (p.name, p.hidden, p.cover_face_id) IS DISTINCT FROM (d.name, d.hidden, d.cover_face_id)
               THEN 1 ELSE 0 END
      FROM unnest(%(cluster_ids)s::integer[], %(names)s::text[], %(hidden)s::boolean[], %(covers)s::uuid[],
                  %(goes_on_as)s::integer[]) AS d (cluster_id, name, hidden, cover_face_id, goes_on_as)
     WHERE p.event_id = %(event_id)s AND p.cluster_id = d.cluster_id
"""

# Numbers for people that a correction makes.
TAKE_NUMBERS = """
    UPDATE events SET next_cluster_id = next_cluster_id + %(count)s
     WHERE id = %(event_id)s
    RETURNING next_cluster_id
"""


class Standing(NamedTuple):
    """In which person the grouping puts a face, and in which it is."""

    grouped_as: int
    cluster_id: int


class Number(NamedTuple):
    """A number that is or was a person's: what is said of the person, and where the number went and came from.

    `merged_into` and `split_from` are of the grouping. `goes_on_as` is whom readers find while it has no faces.
    """

    cluster_id: int
    revision: int = 1
    name: str | None = None
    hidden: bool = False
    cover_face_id: uuid.UUID | None = None
    merged_into: int | None = None
    split_from: int | None = None
    goes_on_as: int | None = None


def standing(connection: Connection, event_id: uuid.UUID) -> dict[uuid.UUID, Standing]:
    """Every face of the event."""
    rows = connection.execute(STANDING, {"event_id": event_id})
    return {face: Standing(grouped_as, cluster_id) for face, grouped_as, cluster_id in rows}


def numbers(connection: Connection, event_id: uuid.UUID) -> dict[int, Number]:
    with connection.cursor(row_factory=class_row(Number)) as cursor:
        return {number.cluster_id: number for number in cursor.execute(NUMBERS, {"event_id": event_id})}


def assign(connection: Connection, event_id: uuid.UUID, moves: Mapping[uuid.UUID, Standing]) -> None:
    """Put these faces in their people; the numbers get their rows."""
    used = {number for move in moves.values() for number in move} - {NO_PERSON}
    connection.execute(INSERT_PEOPLE, {"event_id": event_id, "cluster_ids": sorted(used)})
    values = {
        "event_id": event_id,
        "face_ids": list(moves),
        "grouped_as": [move.grouped_as for move in moves.values()],
        "cluster_ids": [move.cluster_id for move in moves.values()],
    }
    connection.execute(ASSIGN, values)


def record(
    connection: Connection, event_id: uuid.UUID, merged_into: Mapping[int, int], split_from: Mapping[int, int]
) -> None:
    """Remember where numbers of the grouping went and came from."""
    changed = sorted({*merged_into, *split_from})
    connection.execute(INSERT_PEOPLE, {"event_id": event_id, "cluster_ids": changed})
    values = {
        "event_id": event_id,
        "cluster_ids": changed,
        "merged_into": [merged_into.get(number) for number in changed],
        "split_from": [split_from.get(number) for number in changed],
    }
    connection.execute(RECORD, values)


def describe(connection: Connection, event_id: uuid.UUID, described: Sequence[Number]) -> None:
    """Write what is said of people, and whom numbers stand for."""
    values = {
        "event_id": event_id,
        "cluster_ids": [number.cluster_id for number in described],
        "names": [number.name for number in described],
        "hidden": [number.hidden for number in described],
        "covers": [number.cover_face_id for number in described],
        "goes_on_as": [number.goes_on_as for number in described],
    }
    connection.execute(DESCRIBE, values)


def take_numbers(connection: Connection, event_id: uuid.UUID, count: int) -> int:
    """The next number that was never used; the `count` before it are the caller's now."""
    row: tuple[int] | None = connection.execute(TAKE_NUMBERS, {"event_id": event_id, "count": count}).fetchone()
    assert row is not None
    return row[0]
