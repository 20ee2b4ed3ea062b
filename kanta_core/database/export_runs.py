"""Runs: who writes an export, how far it is written, and how that ended."""

from __future__ import annotations

import uuid

from psycopg.types.json import Jsonb

from kanta_core.database import exports
from kanta_core.database.pool import Connection
from kanta_core.domain.exports import Export, Progress

# It is this run's to write from now on, for as long as there is an event, and a guest who is let in.
_GOOD = """
    EXISTS (SELECT FROM events e WHERE e.id = x.event_id AND NOT e.erasing)
       AND (x.token_id IS NULL OR EXISTS (
               SELECT FROM tokens t WHERE t.id = x.token_id AND t.revoked_at IS NULL AND t.expires_at > now()))
"""
BEGIN = f"""
    UPDATE exports x SET run = %(run)s, queued_at = clock_timestamp()
     WHERE id = %(id)s AND status = 'pending' AND {_GOOD}
    RETURNING x.event_id, x.token_id, x.progress, x.names
"""

# How many photos are in it so far, while it is this run's.
REPORT = f"""
    UPDATE exports x SET photos = %(photos)s
     WHERE id = %(id)s AND run = %(run)s AND status = 'pending' AND {_GOOD}
"""

# How far this run came.
KEEP = """
    UPDATE exports
       SET progress = %(progress)s, names = %(names)s, queued_at = clock_timestamp(), last_error = NULL
     WHERE id = %(id)s AND run = %(run)s AND status = 'pending'
"""

# Its blocks are gone: the next run begins anew.
START_ANEW = "UPDATE exports SET progress = NULL, names = '' WHERE id = %(id)s AND run = %(run)s"

# It is there to be fetched.
FINISH = f"""
    UPDATE exports x
       SET status = 'ready', photos = %(photos)s, size = %(size)s, progress = %(shown)s, names = '',
           last_error = NULL,
           expires_at = clock_timestamp() + make_interval(secs => %(seconds)s)
     WHERE id = %(id)s AND run = %(run)s AND status = 'pending' AND {_GOOD}
"""

# What a try that will be repeated said.
NOTE_ERROR = "UPDATE exports SET last_error = %(error)s WHERE id = %(id)s AND status = 'pending'"

# Tries ran out; the reason is what the last one left.
FAIL = """
    UPDATE exports
       SET status = 'failed', progress = NULL, names = '',
           reason = coalesce(last_error, 'The export could not be written in five tries.')
     WHERE id = %(id)s AND status = 'pending'
"""


def begin(connection: Connection, export_id: uuid.UUID, run: uuid.UUID) -> tuple[Export, Progress, bytes] | None:
    """The export, how far it is written, and the hashes of names given in it; None when nobody waits for it.

    It is this run's from now on, and nobody else's.
    """
    row = connection.execute(BEGIN, {"id": export_id, "run": run}).fetchone()
    if row is None:
        return None
    event_id, token_id, progress, names = row
    export = exports.get(connection, event_id, export_id, token_id=token_id)
    return None if export is None else (export, Progress.of(progress), bytes(names))


def report(connection: Connection, export_id: uuid.UUID, run: uuid.UUID, *, photos: int) -> bool:
    """Whether the export is still this run's to write, and anybody waits for it."""
    return connection.execute(REPORT, {"id": export_id, "run": run, "photos": photos}).rowcount == 1


def keep(
    connection: Connection, export_id: uuid.UUID, run: uuid.UUID, *, progress: Progress, names: bytes
) -> bool:
    """Remember how far this run came; whether it is still this run's."""
    values = {"id": export_id, "run": run, "progress": Jsonb(progress.as_json()), "names": names}
    return connection.execute(KEEP, values).rowcount == 1


def start_anew(connection: Connection, export_id: uuid.UUID, run: uuid.UUID) -> None:
    connection.execute(START_ANEW, {"id": export_id, "run": run})


def finish(
    connection: Connection, export_id: uuid.UUID, run: uuid.UUID, *, progress: Progress, seconds: float
) -> bool:
    """Have the export be there for so many seconds; whether anybody still waits for this run's."""
    values = {
        "id": export_id,
        "run": run,
        "photos": progress.photos,
        "size": progress.size,
        "shown": Jsonb({"shown": progress.shown}) if progress.shown else None,
        "seconds": seconds,
    }
    return connection.execute(FINISH, values).rowcount == 1


def note_error(connection: Connection, export_id: uuid.UUID, error: str) -> None:
    connection.execute(NOTE_ERROR, {"id": export_id, "error": error})


def fail(connection: Connection, export_id: uuid.UUID) -> None:
    connection.execute(FAIL, {"id": export_id})
