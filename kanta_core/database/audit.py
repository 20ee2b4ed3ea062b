"""The audit of an event: what those who manage it did, each line written in the transaction that did it."""

from __future__ import annotations

import logging
import uuid

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from kanta_core.database.pool import Connection
from kanta_core.domain.audit import Action, Entry, who_acts

_log = logging.getLogger(__name__)

# One line more.
NOTE = """
    INSERT INTO audit (event_id, token_id, label, action, target, details)
    VALUES (%(event_id)s, %(token_id)s, %(label)s, %(action)s, %(target)s, %(details)s)
"""

# A page, newest first; `before` is the id of the last line of the page before.
PAGE = """
    SELECT id, at, token_id, label, action, target, details
      FROM audit
     WHERE event_id = %(event_id)s AND id < coalesce(%(before)s::bigint, 9223372036854775807)
     ORDER BY id DESC LIMIT %(limit)s
"""

# How many lines there are.
COUNT = "SELECT count(*) FROM audit WHERE event_id = %(event_id)s"


def note(
    connection: Connection,
    event_id: uuid.UUID,
    action: Action,
    target: object = None,
    **details: object,
) -> None:
    """Write down what whoever acts does in this transaction; nothing where Kanta acts on its own.

    The line goes with the event, and one in the log stays. `details` are JSON: no secret, nothing of a face, and
    no text that somebody wrote.
    """
    caller = who_acts()
    if caller is None:
        return
    values = {
        "event_id": event_id,
        "token_id": caller.token and caller.token.id,
        "label": caller.token and caller.token.label,
        "action": str(action),
        "target": None if target is None else str(target),
        "details": Jsonb(details),
    }
    connection.execute(NOTE, values)
    _log.info("audit: %s %s %s %s", values["token_id"] or "organiser", action, event_id, values["target"] or "")


def page(connection: Connection, event_id: uuid.UUID, *, before: int | None, limit: int) -> list[Entry]:
    """The event's lines, newest first, those older than the one of id `before`."""
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(PAGE, {"event_id": event_id, "before": before, "limit": limit}).fetchall()


def count(connection: Connection, event_id: uuid.UUID) -> int:
    row: tuple[int] | None = connection.execute(COUNT, {"event_id": event_id}).fetchone()
    assert row is not None
    return row[0]
