"""Webhooks: which addresses are told what of an event."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.webhooks import NoticeKind, Webhook

# Part of statements: a webhook is told something while the token it was made with lets anybody in.
with_good_maker = """
    (w.made_by IS NULL OR EXISTS (
        SELECT FROM tokens t WHERE t.id = w.made_by AND t.revoked_at IS NULL AND t.expires_at > now()))
"""

_COLUMNS = """
    w.id, w.url, w.kinds::text[] AS kinds, w.made_by, w.created_at, w.delivered_at, w.failing_since, w.last_error,
    w.due_at, w.given_up, (SELECT count(*) FROM notices n WHERE n.webhook_id = w.id) AS waiting
"""

# The event's webhooks, oldest first.
LIST = f"""
    SELECT {_COLUMNS} FROM webhooks w
     WHERE w.event_id = %(event_id)s AND {with_good_maker} ORDER BY w.created_at, w.id
"""

# A new one.
INSERT = f"""
    INSERT INTO webhooks AS w (event_id, url, kinds, secret, made_by)
    VALUES (%(event_id)s, %(url)s, %(kinds)s::text[]::notice_kind[], %(secret)s, %(made_by)s)
    RETURNING {_COLUMNS}
"""

# Nobody was told of people so far: what is told from now on is what changes from now on.
FORGET_CHANGES = """
    UPDATE people SET told_revision = revision
     WHERE event_id = %(event_id)s AND told_revision < revision
       AND NOT EXISTS (SELECT FROM webhooks WHERE event_id = %(event_id)s AND 'people.changed' = ANY(kinds))
"""

# What it was yet to be told goes by cascade.
DELETE = "DELETE FROM webhooks WHERE event_id = %(event_id)s AND id = %(id)s"

# Those whose tokens let nobody in any more.
DELETE_ORPHANS = f"DELETE FROM webhooks w WHERE NOT {with_good_maker}"


def _webhook(**row: Any) -> Webhook:  # noqa: ANN401 - a row of the database, typed by Webhook
    return Webhook(**{**row, "kinds": frozenset(map(NoticeKind, row["kinds"]))})


def list_all(connection: Connection, event_id: uuid.UUID) -> list[Webhook]:
    """The event's webhooks, oldest first."""
    with connection.cursor(row_factory=kwargs_row(_webhook)) as cursor:
        return cursor.execute(LIST, {"event_id": event_id}).fetchall()


def insert(
    connection: Connection,
    event_id: uuid.UUID,
    url: str,
    *,
    kinds: Collection[NoticeKind],
    secret: bytes,
    made_by: uuid.UUID | None,
) -> Webhook:
    """Keep a webhook, which is told what happens from now on. Runs under the event's lock."""
    connection.execute(FORGET_CHANGES, {"event_id": event_id})
    values = {
        "event_id": event_id,
        "url": url,
        "kinds": sorted(map(str, kinds)),
        "secret": secret,
        "made_by": made_by,
    }
    with connection.cursor(row_factory=kwargs_row(_webhook)) as cursor:
        made = cursor.execute(INSERT, values).fetchone()
    assert made is not None
    return made


def delete(connection: Connection, event_id: uuid.UUID, webhook_id: uuid.UUID) -> bool:
    """Whether there was such a webhook."""
    return connection.execute(DELETE, {"event_id": event_id, "id": webhook_id}).rowcount == 1


def delete_orphans(connection: Connection) -> None:
    """Delete those whose tokens expired or were revoked."""
    connection.execute(DELETE_ORPHANS)
