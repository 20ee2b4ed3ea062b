"""How images come to be: uploads, blobs seen for the first time, and drops that wait for their event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from kanta_core.database.pool import Connection

# First sight of a blob; a second sight changes nothing.
REGISTER = """
    INSERT INTO images (event_id, blob_name, name) VALUES (%(event_id)s, %(blob_name)s, %(name)s)
    ON CONFLICT (blob_name) DO NOTHING
"""

# An upload whose bytes are known; nothing happens when an image of the event holds them already.
INSERT_UPLOAD = """
    INSERT INTO images (id, event_id, blob_name, name, sha256, size, file_extension)
    VALUES (%(image_id)s, %(event_id)s, %(blob_name)s, %(name)s, %(sha256)s, %(size)s, %(file_extension)s)
    ON CONFLICT (event_id, sha256) WHERE status <> 'duplicate' DO NOTHING
"""

# A blob for whose code there is no event, or that can never have one.
INSERT_DROP = """
    INSERT INTO drops (blob_name, code, name, problem)
    VALUES (%(blob_name)s, %(code)s, %(name)s, %(problem)s)
    ON CONFLICT (blob_name) DO NOTHING
"""

# The drops that waited for a code become images of the event that has it now.
TAKE_IN = """
    WITH taken AS (DELETE FROM drops WHERE code = %(code)s RETURNING blob_name, name, first_seen)
    INSERT INTO images (event_id, blob_name, name)
    SELECT %(event_id)s, blob_name, name FROM taken ORDER BY first_seen, blob_name
    ON CONFLICT (blob_name) DO NOTHING
"""

# Codes that drops wait for although an event has them by now.
CLAIMABLE = """
    SELECT DISTINCT c.code, c.event_id FROM drops d JOIN event_codes c USING (code)
      JOIN events e ON e.id = c.event_id AND NOT e.erasing
"""

# Drops as operators see them, those that wait first.
LIST_DROPS = """
    SELECT blob_name, code, problem, first_seen FROM drops
     ORDER BY problem IS NOT NULL, first_seen, blob_name
     LIMIT %(limit)s
"""

# Which of these blobs are known, as an image's or as a drop; the version is one that needs no reading any more,
# or any version (NULL) where reading is on its way or there is nobody to read it for.
KNOWN = """
    SELECT blob_name,
           CASE WHEN status <> 'pending'
                     AND (queued_at IS NULL OR queued_at < clock_timestamp() - make_interval(secs => %(again)s))
                THEN etag END
      FROM images WHERE blob_name = ANY(%(blob_names)s)
    UNION ALL
    SELECT blob_name, NULL FROM drops WHERE blob_name = ANY(%(blob_names)s)
"""

# Known blobs that a listing of this stretch of names did not show. Rows made since the listing began don't count.
UNSEEN = """
    SELECT blob_name FROM images
     WHERE blob_name > %(after)s AND (%(upto)s::text IS NULL OR blob_name <= %(upto)s)
       AND blob_name <> ALL(%(seen)s) AND created_at < %(since)s
    UNION ALL
    SELECT blob_name FROM drops
     WHERE blob_name > %(after)s AND (%(upto)s::text IS NULL OR blob_name <= %(upto)s)
       AND blob_name <> ALL(%(seen)s) AND first_seen < %(since)s
"""

DELETE_DROP = "DELETE FROM drops WHERE blob_name = %(blob_name)s"

# Pending images that nobody has queued for a while, marked as queued now. Several askers get different ones.
TAKE_OVERDUE = """
    UPDATE images SET queued_at = clock_timestamp()
     WHERE id IN (
        SELECT id FROM images
         WHERE status = 'pending'
           AND (%(event_id)s::uuid IS NULL OR event_id = %(event_id)s)
           AND last_modified <= clock_timestamp() - make_interval(secs => %(grace)s)
           AND (queued_at IS NULL OR queued_at < clock_timestamp() - make_interval(secs => %(again)s))
         ORDER BY created_at, id
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED)
    RETURNING blob_name
"""

# These blobs were put on the encode queue.
QUEUED = "UPDATE images SET queued_at = clock_timestamp() WHERE blob_name = ANY(%(blob_names)s)"


@dataclass(frozen=True, slots=True)
class WaitingDrop:
    """A blob that belongs to no event: it waits for `code`, or has a `problem` and never will."""

    blob_name: str
    code: str | None
    problem: str | None
    first_seen: datetime


def register(connection: Connection, event_id: uuid.UUID, blob_name: str, name: str) -> None:
    connection.execute(REGISTER, {"event_id": event_id, "blob_name": blob_name, "name": name})


def insert_upload(
    connection: Connection,
    *,
    image_id: uuid.UUID,
    event_id: uuid.UUID,
    blob_name: str,
    name: str,
    sha256: bytes,
    size: int,
    file_extension: str,
) -> bool:
    """Whether the upload is new: False when an image of the event holds these bytes already."""
    values = {
        "image_id": image_id,
        "event_id": event_id,
        "blob_name": blob_name,
        "name": name,
        "sha256": sha256,
        "size": size,
        "file_extension": file_extension,
    }
    return connection.execute(INSERT_UPLOAD, values).rowcount == 1


def wait_for_event(connection: Connection, blob_name: str, *, code: str, name: str) -> None:
    values = {"blob_name": blob_name, "code": code, "name": name, "problem": None}
    connection.execute(INSERT_DROP, values)


def note_unaddressable(connection: Connection, blob_name: str, *, problem: str) -> None:
    values = {"blob_name": blob_name, "code": None, "name": None, "problem": problem}
    connection.execute(INSERT_DROP, values)


def take_in(connection: Connection, event_id: uuid.UUID, code: str) -> int:
    """How many drops that waited for `code` are images of the event now."""
    return connection.execute(TAKE_IN, {"event_id": event_id, "code": code}).rowcount


def claimable(connection: Connection) -> list[tuple[str, uuid.UUID]]:
    return connection.execute(CLAIMABLE).fetchall()


def list_drops(connection: Connection, *, limit: int) -> list[WaitingDrop]:
    with connection.cursor(row_factory=class_row(WaitingDrop)) as cursor:
        return cursor.execute(LIST_DROPS, {"limit": limit}).fetchall()


def known(connection: Connection, blob_names: Sequence[str], *, again: float) -> dict[str, str | None]:
    """For each known blob the version that was read, None when no reading is called for.

    An image that was queued less than `again` seconds ago is on its way.
    """
    values = {"blob_names": list(blob_names), "again": again}
    return dict(connection.execute(KNOWN, values).fetchall())


def unseen(
    connection: Connection, *, after: str, upto: str | None, seen: Sequence[str], since: datetime
) -> list[str]:
    """Known blobs named after `after` and up to `upto` that are not among `seen`."""
    values = {"after": after, "upto": upto, "seen": list(seen), "since": since}
    return [name for (name,) in connection.execute(UNSEEN, values)]


def delete_drop(connection: Connection, blob_name: str) -> None:
    connection.execute(DELETE_DROP, {"blob_name": blob_name})


def take_overdue(
    connection: Connection, *, event_id: uuid.UUID | None, grace: float, again: float, limit: int
) -> list[str]:
    """Blobs of pending images that are `grace` seconds old and were not queued for `again` seconds."""
    values = {"event_id": event_id, "grace": grace, "again": again, "limit": limit}
    return [name for (name,) in connection.execute(TAKE_OVERDUE, values)]


def mark_queued(connection: Connection, blob_names: Sequence[str]) -> None:
    connection.execute(QUEUED, {"blob_names": list(blob_names)})
