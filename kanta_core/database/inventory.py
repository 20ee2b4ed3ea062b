"""What the sweep compares with storage: which blobs are known, and which images nobody has seen to."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from kanta_core.database.pool import Connection

# Which of these blobs are known, as an image's, as a drop or as doomed; the version is the one that was read to
# its end, or NULL where reading is on its way or there is nobody to read it for.
KNOWN = """
    SELECT blob_name,
           CASE WHEN status <> 'pending'
                     AND (queued_at IS NULL OR queued_at < clock_timestamp() - make_interval(secs => %(again)s))
                THEN etag END
      FROM images WHERE blob_name = ANY(%(blob_names)s)
    UNION ALL
    SELECT blob_name, NULL FROM drops WHERE blob_name = ANY(%(blob_names)s)
    UNION ALL
    SELECT blob_name, NULL FROM doomed_blobs WHERE blob_name = ANY(%(blob_names)s)
"""

# Known blobs that a listing of this stretch of names did not show. Rows made since the listing began don't count,
# and neither do uploads so young that their blob may be on its way.
UNSEEN = """
    SELECT blob_name FROM images
     WHERE blob_name > %(after)s AND (%(upto)s::text IS NULL OR blob_name <= %(upto)s)
       AND blob_name <> ALL(%(seen)s) AND created_at < %(since)s
       AND (etag IS NOT NULL OR created_at <= clock_timestamp() - make_interval(secs => %(grace)s))
    UNION ALL
    SELECT blob_name FROM drops
     WHERE blob_name > %(after)s AND (%(upto)s::text IS NULL OR blob_name <= %(upto)s)
       AND blob_name <> ALL(%(seen)s) AND first_seen < %(since)s
"""

# Images to encode that nobody has queued for a while, marked as queued now. Several askers get different ones.
TAKE_OVERDUE = """
    UPDATE images SET queued_at = clock_timestamp()
     WHERE id IN (
        SELECT id FROM images
         WHERE (status = 'pending' OR encode_again)
           AND (%(event_id)s::uuid IS NULL OR event_id = %(event_id)s)
           AND last_modified <= clock_timestamp() - make_interval(secs => %(grace)s)
           AND (queued_at IS NULL OR queued_at < clock_timestamp() - make_interval(secs => %(again)s))
         ORDER BY created_at, id
         LIMIT %(limit)s
           FOR UPDATE SKIP LOCKED)
    RETURNING blob_name
"""

# Images whose blobs were overwritten unseen, marked as queued now. One that somebody is at needs no queueing.
TAKE_OVERWRITTEN = """
    UPDATE images SET queued_at = clock_timestamp()
     WHERE id IN (SELECT id FROM images WHERE blob_name = ANY(%(blob_names)s) FOR UPDATE SKIP LOCKED)
    RETURNING blob_name
"""

# For how many seconds the oldest pending image has been so.
PENDING_AGE = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(last_modified)), 0)::float8
      FROM images WHERE status = 'pending'
"""

# The events whose pictures are kept, and that nobody is erasing.
EVENT_IDS = "SELECT id::text FROM events WHERE NOT erasing"

# Encoded photos of an event in a stretch of hashes, with their faces.
ENCODED = """
    SELECT i.sha256, i.last_modified, i.encode_again, array_remove(array_agg(f.id), NULL) AS faces
      FROM images i LEFT JOIN faces f ON f.event_id = i.event_id AND f.image_id = i.id
     WHERE i.event_id = %(event_id)s AND i.status = 'encoded'
       AND encode(i.sha256, 'hex') COLLATE "C" > %(after)s
       AND (%(upto)s::text IS NULL OR encode(i.sha256, 'hex') COLLATE "C" <= %(upto)s)
     GROUP BY i.id
"""


@dataclass(frozen=True, slots=True)
class Encoded:
    """What there must be pictures of: a photo by its bytes, and its faces."""

    sha256: bytes
    last_modified: datetime
    encode_again: bool
    faces: Sequence[uuid.UUID]


def known(connection: Connection, blob_names: Sequence[str], *, again: float) -> dict[str, str | None]:
    """For each known blob the version that was read, None when no reading is called for.

    An image that was queued less than `again` seconds ago is on its way.
    """
    values = {"blob_names": list(blob_names), "again": again}
    return dict(connection.execute(KNOWN, values).fetchall())


def unseen(
    connection: Connection, *, after: str, upto: str | None, seen: Sequence[str], since: datetime, grace: float
) -> list[str]:
    """Known blobs named after `after` and up to `upto` that are not among `seen`."""
    values = {"after": after, "upto": upto, "seen": list(seen), "since": since, "grace": grace}
    return [name for (name,) in connection.execute(UNSEEN, values)]


def take_overdue(
    connection: Connection, *, event_id: uuid.UUID | None, grace: float, again: float, limit: int
) -> list[str]:
    """Blobs of images to encode that are `grace` seconds old and were not queued for `again` seconds."""
    values = {"event_id": event_id, "grace": grace, "again": again, "limit": limit}
    return [name for (name,) in connection.execute(TAKE_OVERDUE, values)]


def take_overwritten(connection: Connection, blob_names: Sequence[str]) -> list[str]:
    return [name for (name,) in connection.execute(TAKE_OVERWRITTEN, {"blob_names": list(blob_names)})]


def pending_age(connection: Connection) -> float:
    """For how many seconds the oldest pending image has been so, 0 where there is none."""
    (age,) = connection.execute(PENDING_AGE).fetchone() or (0.0,)
    return float(age)


def event_ids(connection: Connection) -> list[str]:
    return [event_id for (event_id,) in connection.execute(EVENT_IDS)]


def encoded(connection: Connection, event_id: uuid.UUID, *, after: str, upto: str | None) -> list[Encoded]:
    """The event's encoded photos whose hashes, in hex, come after `after` and up to `upto`."""
    with connection.cursor(row_factory=class_row(Encoded)) as cursor:
        return cursor.execute(ENCODED, {"event_id": event_id, "after": after, "upto": upto}).fetchall()
