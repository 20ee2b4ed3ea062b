"""What was deleted on purpose: bytes that do not come back, blobs and events that are half gone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from kanta_core.database.claims import Version
from kanta_core.database.pool import Connection

# Remembers that these bytes were deleted.
ERASE = """
    INSERT INTO erased_images (event_id, sha256, erased_at)
    VALUES (%(event_id)s, %(sha256)s, clock_timestamp())
    ON CONFLICT (event_id, sha256) DO UPDATE SET erased_at = excluded.erased_at
"""

# Whether a blob of bytes nobody has was there when they were deleted: storage wrote it before (it tells the time
# by the second), or its image was registered before and never read until now.
IS_ERASED = """
    SELECT EXISTS (
        SELECT FROM erased_images e
          JOIN images i ON i.id = %(image_id)s
         WHERE e.event_id = i.event_id AND e.sha256 = %(sha256)s
           AND (%(modified)s < date_trunc('second', e.erased_at)
                OR (i.etag IS NULL AND i.created_at <= e.erased_at)))
"""

# Their faces go by cascade.
DELETE_IMAGES = "DELETE FROM images WHERE id = ANY(%(image_ids)s)"

# These versions are to be deleted, whoever gets to it.
DOOM = """
    INSERT INTO doomed_blobs (blob_name, etag)
    SELECT * FROM unnest(%(blob_names)s::text[], %(etags)s::text[])
    ON CONFLICT (blob_name) DO UPDATE SET etag = excluded.etag, doomed_at = excluded.doomed_at
"""

# The event's uploads whose blobs may be on their way while it is erased.
DOOM_UNWRITTEN = """
    INSERT INTO doomed_blobs (blob_name)
    SELECT blob_name FROM images WHERE event_id = %(event_id)s AND etag IS NULL AND sha256 IS NOT NULL
    ON CONFLICT (blob_name) DO NOTHING
"""

# What dooms this version of a blob.
DOOM_OF = """
    SELECT blob_name, etag FROM doomed_blobs
     WHERE blob_name = %(blob_name)s AND (etag IS NULL OR etag = %(etag)s)
"""

# Everything that is doomed.
DOOMED = "SELECT blob_name, etag FROM doomed_blobs ORDER BY doomed_at, blob_name"

# The blob is gone. One that was never there may still be written, for as long as a request can take.
SPARE = """
    DELETE FROM doomed_blobs
     WHERE blob_name = %(blob_name)s AND etag IS NOT DISTINCT FROM %(etag)s
       AND (etag IS NOT NULL OR %(was_there)s OR doomed_at < clock_timestamp() - interval '1 hour')
"""

# Hides an event while it is erased.
MARK_ERASING = "UPDATE events SET erasing = true WHERE id = %(event_id)s"

# One eraser at a time, until the transaction ends. Not the row: others read it.
LOCK_ERASING = "SELECT pg_advisory_xact_lock(hashtextextended('kanta erasing ' || %(event_id)s::text, 0))"

# The codes of an event that is being erased.
ERASING_CODES = """
    SELECT array_agg(c.code) FROM events e JOIN event_codes c ON c.event_id = e.id
     WHERE e.id = %(event_id)s AND e.erasing
     GROUP BY e.id
"""

# Events whose erasing was cut off.
ERASING = "SELECT id FROM events WHERE erasing ORDER BY id"

# The event's own row before all that hangs on it.
LOCK = "SELECT id FROM events WHERE id = %(event_id)s FOR UPDATE"

# The vectors first: through the images they would be looked up one image at a time.
DELETE_FACES = "DELETE FROM faces WHERE event_id = %(event_id)s"

# The drops that wait for an erased event go with it.
DELETE_DROPS = """
    DELETE FROM drops WHERE code IN (SELECT code FROM event_codes WHERE event_id = %(event_id)s)
"""

# Everything else of the event goes by cascade.
DELETE = "DELETE FROM events WHERE id = %(event_id)s"


def erase(connection: Connection, event_id: uuid.UUID, sha256: bytes) -> None:
    connection.execute(ERASE, {"event_id": event_id, "sha256": sha256})


def is_erased(connection: Connection, image_id: uuid.UUID, version: Version) -> bool:
    """Whether this version of the image's blob is one of those that were deleted with their bytes."""
    values = {"image_id": image_id, "sha256": version.sha256, "modified": version.modified}
    row = connection.execute(IS_ERASED, values).fetchone()
    return bool(row and row[0])


def delete_images(connection: Connection, image_ids: Iterable[uuid.UUID]) -> None:
    """Duplicates without their holder are refused by the database."""
    connection.execute(DELETE_IMAGES, {"image_ids": list(image_ids)})


def doom(connection: Connection, blobs: Sequence[tuple[str, str | None]]) -> None:
    """Have these blobs deleted, each by its name and version; None is an upload that is yet to be written."""
    values = {"blob_names": [name for name, _ in blobs], "etags": [etag for _, etag in blobs]}
    connection.execute(DOOM, values)


def doom_unwritten(connection: Connection, event_id: uuid.UUID) -> None:
    connection.execute(DOOM_UNWRITTEN, {"event_id": event_id})


def doom_of(connection: Connection, blob_name: str, etag: str) -> tuple[str, str | None] | None:
    """By which name and version this version of a blob is doomed, if it is."""
    return connection.execute(DOOM_OF, {"blob_name": blob_name, "etag": etag}).fetchone()


def doomed(connection: Connection) -> list[tuple[str, str | None]]:
    """The names and versions of all blobs that are doomed, the first first."""
    return connection.execute(DOOMED).fetchall()


def spare(connection: Connection, blob_name: str, etag: str | None, *, was_there: bool) -> None:
    """A doomed blob was asked away."""
    connection.execute(SPARE, {"blob_name": blob_name, "etag": etag, "was_there": was_there})


def mark_erasing(connection: Connection, event_id: uuid.UUID) -> None:
    """Hide the event for good; its codes are free once it is deleted."""
    connection.execute(MARK_ERASING, {"event_id": event_id})


def lock_erasing(connection: Connection, event_id: uuid.UUID) -> list[str] | None:
    """The codes of an event that is being erased, by nobody else until the transaction ends; None: it is gone."""
    connection.execute(LOCK_ERASING, {"event_id": event_id})
    row = connection.execute(ERASING_CODES, {"event_id": event_id}).fetchone()
    return row[0] if row else None


def list_erasing(connection: Connection) -> list[uuid.UUID]:
    return [event_id for (event_id,) in connection.execute(ERASING)]


def delete_event(connection: Connection, event_id: uuid.UUID) -> None:
    for statement in (LOCK, DELETE_FACES, DELETE_DROPS, DELETE):
        connection.execute(statement, {"event_id": event_id})
