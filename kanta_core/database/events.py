"""Events and their codes.

Locks are taken in one order, so that nothing deadlocks: a code, then the event, then its images, faces and drops.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from psycopg import errors, sql
from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.guests import GuestsSee
from kanta_core.domain.records import Event
from kanta_core.errors import EventCodeTaken, EventNotFound

# What readers see of an event. `running` and `people_current` are facts of the moment of reading.
_SELECT = """
    SELECT e.id, c.code, e.name, e.description, e.start_date_time, e.end_date_time, e.image_blob,
           e.guests_see::text AS guests_see,
           (SELECT v.qr_code_blob
              FROM invitations v JOIN tokens t ON t.event_id = v.event_id AND t.id = v.token_id
             WHERE v.event_id = e.id AND t.revoked_at IS NULL AND t.expires_at > now()) AS qr_code_blob,
           e.created_at, e.last_modified,
           coalesce(e.start_date_time <= now(), true) AND coalesce(now() < e.end_date_time, true) AS running,
           (SELECT count(*) FROM images i WHERE i.event_id = e.id AND i.status = 'pending') AS pending,
           e.people_revision = e.faces_revision AS people_current
      FROM events e
      JOIN event_codes c ON c.event_id = e.id AND c.is_current
     WHERE NOT e.erasing
"""

# The event a code leads to, by whichever of its codes.
FIND = _SELECT + " AND e.id = (SELECT event_id FROM event_codes WHERE code = %(code)s)"

# The event with this id.
GET = _SELECT + " AND e.id = %(event_id)s"

# All events, oldest first.
LIST = (
    "SELECT * FROM ("
    + _SELECT
    + ") listed WHERE %(running)s::boolean IS NULL OR running = %(running)s ORDER BY created_at, id"
)

# A new event; its code is added in the same transaction.
INSERT = """
    INSERT INTO events (name, description, start_date_time, end_date_time, guests_see)
    VALUES (%(name)s, %(description)s, %(start_date_time)s, %(end_date_time)s, %(guests_see)s)
    RETURNING id
"""

# A code for an event; the primary key refuses one that is taken.
INSERT_CODE = "INSERT INTO event_codes (code, event_id, is_current) VALUES (%(code)s, %(event_id)s, true)"

# Makes an event's code an old one.
RETIRE_CODE = "UPDATE event_codes SET is_current = false WHERE event_id = %(event_id)s AND is_current"

# Makes one of an event's own old codes the current one again.
REVIVE_CODE = "UPDATE event_codes SET is_current = true WHERE event_id = %(event_id)s AND code = %(code)s"

# Whom a code leads to, erased half-way or not.
OWNER = """
    SELECT e.id, e.erasing FROM event_codes c JOIN events e ON e.id = c.event_id WHERE c.code = %(code)s
"""

# The event a code leads to, by its id alone: counting its pending photos is for those who show them.
RESOLVE = """
    SELECT e.id FROM event_codes c JOIN events e ON e.id = c.event_id WHERE c.code = %(code)s AND NOT e.erasing
"""

# Serialises everything that decides which event a code leads to, until the transaction ends.
LOCK_CODE = "SELECT pg_advisory_xact_lock(hashtextextended('kanta code ' || %(code)s, 0))"

# The event, for whoever decides something about its images, faces or codes: one at a time, until the transaction
# ends. Nobody gets hold of an event that is gone.
HOLD = "SELECT id FROM events WHERE id = %(event_id)s AND NOT erasing FOR NO KEY UPDATE"

# The same by a code, with the current one. A code leads to its event for as long as the event lives.
HOLD_CODE = """
    SELECT e.id, c.code
      FROM events e
      JOIN event_codes c ON c.event_id = e.id AND c.is_current
     WHERE e.id = (SELECT event_id FROM event_codes WHERE code = %(code)s) AND NOT e.erasing
       FOR NO KEY UPDATE OF e
"""

# The event's faces changed: its people are to be made anew.
FACES_CHANGED = """
    UPDATE events SET faces_revision = faces_revision + 1, traceparent = %(traceparent)s WHERE id = %(event_id)s
"""

_COLUMNS = frozenset({"name", "description", "start_date_time", "end_date_time", "image_blob", "guests_see"})


def _event(*, guests_see: str, **row: Any) -> Event:  # noqa: ANN401 - a row of the database, typed by Event
    return Event(guests_see=GuestsSee(guests_see), **row)


def find(connection: Connection, code: str) -> Event | None:
    with connection.cursor(row_factory=kwargs_row(_event)) as cursor:
        return cursor.execute(FIND, {"code": code}).fetchone()


def get(connection: Connection, event_id: uuid.UUID) -> Event | None:
    with connection.cursor(row_factory=kwargs_row(_event)) as cursor:
        return cursor.execute(GET, {"event_id": event_id}).fetchone()


def resolve(connection: Connection, code: str) -> uuid.UUID:
    """The id of the event a code leads to; EventNotFound when it leads to none."""
    row = connection.execute(RESOLVE, {"code": code}).fetchone()
    if row is None:
        raise EventNotFound
    event_id: uuid.UUID = row[0]
    return event_id


def list_all(connection: Connection, *, running: bool | None) -> list[Event]:
    with connection.cursor(row_factory=kwargs_row(_event)) as cursor:
        return cursor.execute(LIST, {"running": running}).fetchall()


def lock_code(connection: Connection, code: str) -> None:
    connection.execute(LOCK_CODE, {"code": code})


def hold(connection: Connection, event_id: uuid.UUID) -> bool:
    """Wait for everyone else who decides about the event; whether it is still there."""
    return connection.execute(HOLD, {"event_id": event_id}).fetchone() is not None


def hold_code(connection: Connection, code: str) -> tuple[uuid.UUID, str]:
    """The id and the current code of the event a code leads to, held until the transaction ends.

    EventNotFound when it leads to none. Renamed while this waited, the code may be one the event has just left.
    """
    row: tuple[uuid.UUID, str] | None = connection.execute(HOLD_CODE, {"code": code}).fetchone()
    if row is None:
        raise EventNotFound
    return row


def insert(connection: Connection, code: str, values: Mapping[str, str | datetime | None]) -> uuid.UUID:
    """A new event under `code`; EventCodeTaken when another has it."""
    given = {"guests_see": GuestsSee.THEMSELVES, **values}
    event_id: uuid.UUID = connection.execute(INSERT, given).fetchone()[0]  # type: ignore[index]  # RETURNING
    add_code(connection, event_id, code)
    return event_id


def add_code(connection: Connection, event_id: uuid.UUID, code: str) -> None:
    """Make `code` the event's current one; EventCodeTaken when another event has or had it.

    Runs under `hold`.
    """
    connection.execute(RETIRE_CODE, {"event_id": event_id})
    if connection.execute(REVIVE_CODE, {"event_id": event_id, "code": code}).rowcount:
        return
    try:
        connection.execute(INSERT_CODE, {"event_id": event_id, "code": code})
    except errors.UniqueViolation as error:
        raise EventCodeTaken(f"The event code {code} is taken.") from error


def update(connection: Connection, event_id: uuid.UUID, values: Mapping[str, str | datetime | None]) -> None:
    """Set the given columns of the event, and only those."""
    assert values.keys() <= _COLUMNS
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(column), sql.Placeholder(column)) for column in values
    )
    # Sets what the caller gave; the columns come from a fixed list.
    statement = sql.SQL("UPDATE events SET {}, last_modified = now() WHERE id = {}").format(
        assignments, sql.Placeholder("event_id")
    )
    connection.execute(statement, {**values, "event_id": event_id})


def owner(connection: Connection, code: str) -> tuple[uuid.UUID, bool] | None:
    """The event a code leads to and whether it is being erased."""
    return connection.execute(OWNER, {"code": code}).fetchone()


def faces_changed(connection: Connection, event_id: uuid.UUID, *, traceparent: str | None = None) -> None:
    """The people are behind the faces from now on; whoever makes them anew goes on with the trace."""
    connection.execute(FACES_CHANGED, {"event_id": event_id, "traceparent": traceparent})
