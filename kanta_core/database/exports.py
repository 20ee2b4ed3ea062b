"""Exports: which there are, and when they go."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.exports import Export, ExportKind, ExportStatus

_SELECT = """
    SELECT x.id, x.event_id, c.code AS event_code, x.kind::text AS kind, x.cluster_id, x.token_id,
           x.status::text AS status, x.reason, x.photos, x.size, x.created_at, x.expires_at
      FROM exports x
      JOIN events e ON e.id = x.event_id AND NOT e.erasing
      JOIN event_codes c ON c.event_id = x.event_id AND c.is_current
"""

# One export; only a guest's own is a guest's.
GET = (
    _SELECT
    + """
     WHERE x.id = %(id)s AND x.event_id = %(event_id)s AND x.token_id IS NOT DISTINCT FROM %(token_id)s
"""
)

# A page of the event's exports, newest first; guests' own are theirs alone.
PAGE = (
    _SELECT
    + """
     WHERE x.event_id = %(event_id)s AND x.token_id IS NULL
     ORDER BY x.created_at DESC, x.id LIMIT %(limit)s OFFSET %(offset)s
"""
)

# A new export, unless the same is being written.
INSERT = """
    INSERT INTO exports (event_id, kind, cluster_id, token_id)
    VALUES (%(event_id)s, %(kind)s, %(cluster_id)s, %(token_id)s)
    ON CONFLICT (event_id, kind, cluster_id, token_id) WHERE status = 'pending' DO NOTHING
    RETURNING id
"""

# The one that is being written.
PENDING = """
    SELECT id FROM exports
     WHERE event_id = %(event_id)s AND kind = %(kind)s AND status = 'pending'
       AND cluster_id IS NOT DISTINCT FROM %(cluster_id)s AND token_id IS NOT DISTINCT FROM %(token_id)s
"""

# One that nobody was told to write.
DELETE = "DELETE FROM exports WHERE id = %(id)s AND status = 'pending'"

# Whose day is over, or whose guest is let in no more.
EXPIRE = """
    UPDATE exports x SET status = 'expired', progress = NULL, names = ''
     WHERE status = 'ready' AND expires_at <= clock_timestamp()
        OR status IN ('pending', 'ready') AND x.token_id IS NOT NULL AND NOT EXISTS (
               SELECT FROM tokens t WHERE t.id = x.token_id AND t.revoked_at IS NULL AND t.expires_at > now())
"""

# One that is not to be shown any more.
WITHDRAW = "UPDATE exports SET status = 'expired', progress = NULL WHERE id = %(id)s AND status = 'ready'"

# Tables of faces, and ZIPs of these people: those that are ready are shown no more, the others not written.
FORGET_PEOPLE = """
    UPDATE exports
       SET status = CASE WHEN status = 'ready' THEN 'expired' ELSE 'failed' END::export_status, progress = NULL,
           names = '', reason = 'Somebody asked to be forgotten. Ask for the export once more.'
     WHERE event_id = %(event_id)s AND status IN ('pending', 'ready')
       AND (kind <> 'zip' OR cluster_id = ANY(%(cluster_ids)s))
"""

# Guests' ZIPs that can be fetched.
READY_OF_GUESTS = "SELECT id, token_id FROM exports WHERE status = 'ready' AND token_id IS NOT NULL"

# The photos in a guest's ZIP.
SHOWN = """
    SELECT ARRAY(SELECT jsonb_array_elements_text(progress -> 'shown'))::uuid[] FROM exports WHERE id = %(id)s
"""

# What nobody will ask about any more.
FORGET = """
    DELETE FROM exports
     WHERE status IN ('failed', 'expired') AND created_at < clock_timestamp() - make_interval(days => %(days)s)
"""

# Those whose message got lost, marked as sent now.
TAKE_LOST = """
    UPDATE exports SET queued_at = clock_timestamp()
     WHERE status = 'pending' AND queued_at < clock_timestamp() - make_interval(secs => %(lost)s)
    RETURNING id
"""

# Those of these whose blobs are wanted.
LIVING = "SELECT id FROM exports WHERE id = ANY(%(ids)s) AND status IN ('pending', 'ready')"


def _export(**row: Any) -> Export:  # noqa: ANN401 - a row of the database, typed by Export
    return Export(**{**row, "kind": ExportKind(row["kind"]), "status": ExportStatus(row["status"])})


def get(
    connection: Connection, event_id: uuid.UUID, export_id: uuid.UUID, *, token_id: uuid.UUID | None = None
) -> Export | None:
    """The event's export, or the guest's whose token it is."""
    values = {"id": export_id, "event_id": event_id, "token_id": token_id}
    with connection.cursor(row_factory=kwargs_row(_export)) as cursor:
        return cursor.execute(GET, values).fetchone()


def page(connection: Connection, event_id: uuid.UUID, *, limit: int, offset: int) -> list[Export]:
    """The event's exports, newest first."""
    values = {"event_id": event_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=kwargs_row(_export)) as cursor:
        return cursor.execute(PAGE, values).fetchall()


def ask_for(
    connection: Connection,
    event_id: uuid.UUID,
    kind: ExportKind,
    *,
    cluster_id: int | None = None,
    token_id: uuid.UUID | None = None,
) -> tuple[Export, bool]:
    """The export that is to be written, and whether it is a new one. Runs under the event's lock."""
    values = {"event_id": event_id, "kind": str(kind), "cluster_id": cluster_id, "token_id": token_id}
    inserted = connection.execute(INSERT, values).fetchone()
    found = inserted or connection.execute(PENDING, values).fetchone()
    export = found and get(connection, event_id, found[0], token_id=token_id)
    assert export is not None
    return export, inserted is not None


def delete(connection: Connection, export_id: uuid.UUID) -> None:
    connection.execute(DELETE, {"id": export_id})


def expire(connection: Connection, *, kept_days: int) -> None:
    """Mark those whose time is over as expired, and forget those that ended so many days ago."""
    connection.execute(EXPIRE)
    connection.execute(FORGET, {"days": kept_days})


def withdraw(connection: Connection, export_id: uuid.UUID) -> None:
    """Have it shown to nobody from now on."""
    connection.execute(WITHDRAW, {"id": export_id})


def forget_people(connection: Connection, event_id: uuid.UUID, cluster_ids: Collection[int]) -> None:
    """Have nothing shown of these people that was written before they were forgotten; the sweep deletes it."""
    connection.execute(FORGET_PEOPLE, {"event_id": event_id, "cluster_ids": list(cluster_ids)})


def ready_of_guests(connection: Connection) -> list[tuple[uuid.UUID, uuid.UUID]]:
    """Every guest's ZIP that is ready, and whose token it is."""
    return connection.execute(READY_OF_GUESTS).fetchall()


def shown(connection: Connection, export_id: uuid.UUID) -> list[uuid.UUID]:
    """The photos that are in a guest's ZIP."""
    row: tuple[list[uuid.UUID]] | None = connection.execute(SHOWN, {"id": export_id}).fetchone()
    return row[0] if row else []


def take_lost(connection: Connection, *, lost_after: float) -> list[uuid.UUID]:
    """Exports that nobody was heard of writing for so many seconds, each once."""
    return [export_id for (export_id,) in connection.execute(TAKE_LOST, {"lost": lost_after})]


def living(connection: Connection, export_ids: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these exports whose blobs are wanted."""
    return {export_id for (export_id,) in connection.execute(LIVING, {"ids": export_ids})}
