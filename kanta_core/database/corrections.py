"""Corrections: what organisers stated, in order, undone or not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.corrections import Correction, CorrectionKind, Statement

_COLUMNS = """
    id, kind::text AS kind, cluster_id, other_cluster_id, face_ids, other_face_ids, name, hidden,
    next_cluster_id, made_at, undone_at
"""

# The next correction of the event, which the caller holds.
INSERT = f"""
    INSERT INTO corrections (event_id, id, kind, cluster_id, other_cluster_id, face_ids, other_face_ids, name,
                             hidden, next_cluster_id)
    SELECT %(event_id)s, coalesce(max(id), 0) + 1, %(kind)s::correction_kind, %(cluster_id)s::integer,
           %(other_cluster_id)s::integer, %(face_ids)s::uuid[], %(other_face_ids)s::uuid[], %(name)s::text,
           %(hidden)s::boolean, %(next_cluster_id)s::integer
      FROM corrections WHERE event_id = %(event_id)s
    RETURNING {_COLUMNS}
"""

# All of them, in the order in which they were made.
IN_ORDER = f"SELECT {_COLUMNS} FROM corrections WHERE event_id = %(event_id)s ORDER BY id"

# A page of the history, newest first.
HISTORY = f"""
    SELECT {_COLUMNS} FROM corrections WHERE event_id = %(event_id)s
     ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s
"""

# Undoes a correction, or makes it count again; one that is as it should be keeps its time.
SET_UNDONE = f"""
    UPDATE corrections
       SET undone_at = CASE WHEN %(undone)s THEN coalesce(undone_at, clock_timestamp()) END
     WHERE event_id = %(event_id)s AND id = %(id)s
    RETURNING {_COLUMNS}
"""

# What was stated about faces is stated about those that are in their places now.
RENAME_FACES = """
    UPDATE corrections c
       SET face_ids = ARRAY(
               SELECT coalesce(r.now, f.id)
                 FROM unnest(c.face_ids) WITH ORDINALITY AS f (id, place)
                 LEFT JOIN unnest(%(before)s::uuid[], %(now)s::uuid[]) AS r (before, now) ON r.before = f.id
                ORDER BY f.place),
           other_face_ids = ARRAY(
               SELECT coalesce(r.now, f.id)
                 FROM unnest(c.other_face_ids) WITH ORDINALITY AS f (id, place)
                 LEFT JOIN unnest(%(before)s::uuid[], %(now)s::uuid[]) AS r (before, now) ON r.before = f.id
                ORDER BY f.place)
     WHERE c.event_id = %(event_id)s
       AND (c.face_ids && %(before)s::uuid[] OR c.other_face_ids && %(before)s::uuid[])
"""

# So are covers.
RENAME_COVERS = """
    UPDATE people p SET cover_face_id = r.now
      FROM unnest(%(before)s::uuid[], %(now)s::uuid[]) AS r (before, now)
     WHERE p.event_id = %(event_id)s AND p.cover_face_id = r.before
"""


def _correction(**row: Any) -> Correction:  # noqa: ANN401 - a row of the database, typed by Correction
    statement = Statement(
        kind=CorrectionKind(row["kind"]),
        cluster_id=row["cluster_id"],
        other_cluster_id=row["other_cluster_id"],
        face_ids=tuple(row["face_ids"]),
        other_face_ids=tuple(row["other_face_ids"]),
        name=row["name"],
        hidden=row["hidden"],
    )
    return Correction(
        id=row["id"],
        statement=statement,
        next_cluster_id=row["next_cluster_id"],
        made_at=row["made_at"],
        undone_at=row["undone_at"],
    )


def insert(
    connection: Connection, event_id: uuid.UUID, statement: Statement, *, next_cluster_id: int
) -> Correction:
    """Keep a statement as the event's newest. Runs under the event's lock."""
    values = {
        "event_id": event_id,
        "kind": str(statement.kind),
        "cluster_id": statement.cluster_id,
        "other_cluster_id": statement.other_cluster_id,
        "face_ids": list(statement.face_ids),
        "other_face_ids": list(statement.other_face_ids),
        "name": statement.name,
        "hidden": statement.hidden,
        "next_cluster_id": next_cluster_id,
    }
    with connection.cursor(row_factory=kwargs_row(_correction)) as cursor:
        made = cursor.execute(INSERT, values).fetchone()
    assert made is not None
    return made


def in_order(connection: Connection, event_id: uuid.UUID) -> list[Correction]:
    """All of the event's corrections, undone ones too, in the order in which they were made."""
    with connection.cursor(row_factory=kwargs_row(_correction)) as cursor:
        return cursor.execute(IN_ORDER, {"event_id": event_id}).fetchall()


def history(connection: Connection, event_id: uuid.UUID, *, limit: int, offset: int) -> list[Correction]:
    """The corrections, newest first, those that are undone among them."""
    values = {"event_id": event_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=kwargs_row(_correction)) as cursor:
        return cursor.execute(HISTORY, values).fetchall()


def set_undone(
    connection: Connection, event_id: uuid.UUID, correction_id: int, *, undone: bool
) -> Correction | None:
    """The correction as it is then, or None when there is none of this number."""
    values = {"event_id": event_id, "id": correction_id, "undone": undone}
    with connection.cursor(row_factory=kwargs_row(_correction)) as cursor:
        return cursor.execute(SET_UNDONE, values).fetchone()


def rename_faces(connection: Connection, event_id: uuid.UUID, replaced: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Have every correction speak of the new faces where it spoke of those they replaced; new → old."""
    values = {"event_id": event_id, "before": list(replaced.values()), "now": list(replaced)}
    connection.execute(RENAME_FACES, values)
    connection.execute(RENAME_COVERS, values)
