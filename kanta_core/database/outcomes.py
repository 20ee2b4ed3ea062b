"""What becomes of an image: whose its bytes are, how encoding ended, and how it goes.

Statements that decide who holds which bytes run under `events.lock_images`.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kanta_core.database import events, faces
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import Encoding
from kanta_core.domain.records import Image, ImageStatus

# The bytes were read and are this image's to encode.
TAKE_BYTES = """
    UPDATE images
       SET etag = %(etag)s, sha256 = %(sha256)s, size = %(size)s, status = 'pending', status_reason = NULL,
           duplicate_of = NULL, faces = 0, width = NULL, height = NULL, last_modified = clock_timestamp()
     WHERE id = %(image_id)s
"""

# The same bytes under a new version of the blob.
SET_ETAG = "UPDATE images SET etag = %(etag)s WHERE id = %(image_id)s"

# Another image of the event holds the same bytes.
MARK_DUPLICATE = """
    UPDATE images i
       SET etag = %(etag)s, sha256 = %(sha256)s, size = %(size)s, status = 'duplicate',
           status_reason = 'The same bytes are in the event already.', last_error = NULL, duplicate_of = h.id,
           file_extension = h.file_extension, faces = 0, width = h.width, height = h.height,
           last_modified = clock_timestamp()
      FROM images h
     WHERE i.id = %(image_id)s AND h.id = %(holder_id)s
"""

# What encoding found, unless the image was deleted, replaced or finished meanwhile.
FINISH = """
    UPDATE images
       SET status = 'encoded', status_reason = NULL, last_error = NULL, faces = %(faces)s,
           width = %(width)s, height = %(height)s, file_extension = %(file_extension)s,
           last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND sha256 = %(sha256)s AND status = 'pending'
"""

# The duplicates of an image show what is known of its bytes.
FINISH_DUPLICATES = """
    UPDATE images
       SET width = %(width)s, height = %(height)s, file_extension = %(file_extension)s
     WHERE duplicate_of = %(image_id)s
"""

# A final state that is no success, unless the image was deleted, replaced or finished meanwhile.
REJECT = """
    UPDATE images
       SET status = 'rejected', status_reason = %(reason)s, last_error = NULL, etag = %(etag)s,
           size = %(size)s, last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND status = 'pending' AND sha256 IS NOT DISTINCT FROM %(sha256)s
"""

# Tries ran out; the reason is what the last one left.
FAIL = """
    UPDATE images
       SET status = 'failed', last_modified = clock_timestamp(),
           status_reason = coalesce(last_error, 'The photo could not be encoded in five tries.')
     WHERE blob_name = %(blob_name)s AND status = 'pending'
       AND (etag IS NULL OR %(etag)s::text IS NULL OR etag = %(etag)s)
"""

# What a try that will be repeated said.
NOTE_ERROR = "UPDATE images SET last_error = %(error)s WHERE blob_name = %(blob_name)s AND status = 'pending'"

# Another try for an image that did not make it.
RETRY = """
    UPDATE images
       SET status = 'pending', status_reason = NULL, last_error = NULL, queued_at = clock_timestamp(),
           last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND status IN ('failed', 'rejected', 'pending')
"""

# The oldest duplicate of an image: who inherits its bytes and faces.
HEIR = "SELECT id, blob_name FROM images WHERE duplicate_of = %(image_id)s ORDER BY created_at, id LIMIT 1"

# Frees an image's bytes for its heir or for bytes of its own.
DISOWN = """
    UPDATE images
       SET sha256 = NULL, status = 'pending', status_reason = NULL, duplicate_of = NULL, faces = 0,
           width = NULL, height = NULL, last_modified = clock_timestamp()
     WHERE id = %(image_id)s
"""

# The heir takes over all that was known of the bytes.
INHERIT = """
    UPDATE images
       SET duplicate_of = NULL, status = %(status)s::image_status, status_reason = %(status_reason)s,
           faces = %(faces)s, last_modified = clock_timestamp()
     WHERE id = %(heir_id)s
"""

# The heir's faces are the very same faces.
INHERIT_FACES = """
    UPDATE faces SET image_id = %(heir_id)s WHERE event_id = %(event_id)s AND image_id = %(image_id)s
"""

# The other duplicates point at the heir from now on.
REDIRECT = "UPDATE images SET duplicate_of = %(heir_id)s WHERE duplicate_of = %(image_id)s"

# Its faces go by cascade.
DELETE = "DELETE FROM images WHERE id = %(image_id)s"

# Remembers that these bytes were deleted on purpose.
ERASE = """
    INSERT INTO erased_images (event_id, sha256, erased_at)
    VALUES (%(event_id)s, %(sha256)s, clock_timestamp())
    ON CONFLICT (event_id, sha256) DO UPDATE SET erased_at = excluded.erased_at
"""

# Somebody uploads the bytes anew, so they are wanted again.
UNERASE = "DELETE FROM erased_images WHERE event_id = %(event_id)s AND sha256 = %(sha256)s"

# Whether a blob is a late delivery of bytes that were deleted: it was there before (storage tells the time by
# the second), or its image was registered before and its bytes were never read until now.
IS_ERASED = """
    SELECT EXISTS (
        SELECT FROM erased_images e
          JOIN images i ON i.id = %(image_id)s
         WHERE e.event_id = %(event_id)s AND e.sha256 = %(sha256)s
           AND (%(blob_modified)s < date_trunc('second', e.erased_at)
                OR (i.sha256 IS NULL AND i.status = 'pending' AND i.created_at <= e.erased_at)))
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a blob's bytes. `modified` is storage's time, by the second."""

    etag: str
    sha256: bytes
    size: int
    modified: datetime


def is_erased(connection: Connection, image: Image, version: Version) -> bool:
    values = {
        "image_id": image.id,
        "event_id": image.event_id,
        "sha256": version.sha256,
        "blob_modified": version.modified,
    }
    row = connection.execute(IS_ERASED, values).fetchone()
    return bool(row and row[0])


def take_bytes(connection: Connection, image_id: uuid.UUID, version: Version) -> None:
    values = {"image_id": image_id, "etag": version.etag, "sha256": version.sha256, "size": version.size}
    connection.execute(TAKE_BYTES, values)


def set_etag(connection: Connection, image_id: uuid.UUID, etag: str) -> None:
    connection.execute(SET_ETAG, {"image_id": image_id, "etag": etag})


def mark_duplicate(connection: Connection, image_id: uuid.UUID, version: Version, *, holder_id: uuid.UUID) -> None:
    values = {
        "image_id": image_id,
        "holder_id": holder_id,
        "etag": version.etag,
        "sha256": version.sha256,
        "size": version.size,
    }
    connection.execute(MARK_DUPLICATE, values)


def finish(connection: Connection, image_id: uuid.UUID, sha256: bytes, encoding: Encoding) -> bool:
    """Whether the image was still waiting for this: False when it is gone, replaced or final."""
    values = {
        "image_id": image_id,
        "sha256": sha256,
        "faces": len(encoding.faces),
        "width": encoding.width,
        "height": encoding.height,
        "file_extension": encoding.file_extension,
    }
    if connection.execute(FINISH, values).rowcount != 1:
        return False
    connection.execute(FINISH_DUPLICATES, values)
    return True


def reject(
    connection: Connection, image_id: uuid.UUID, *, reason: str, etag: str, size: int, sha256: bytes | None
) -> None:
    values = {"image_id": image_id, "reason": reason, "etag": etag, "size": size, "sha256": sha256}
    connection.execute(REJECT, values)


def fail(connection: Connection, blob_name: str, *, etag: str | None) -> bool:
    """Whether the blob's image was pending and is `failed` now."""
    return connection.execute(FAIL, {"blob_name": blob_name, "etag": etag}).rowcount == 1


def note_error(connection: Connection, blob_name: str, error: str) -> None:
    connection.execute(NOTE_ERROR, {"blob_name": blob_name, "error": error})


def retry(connection: Connection, image_id: uuid.UUID) -> bool:
    """Whether the image can be tried again."""
    return connection.execute(RETRY, {"image_id": image_id}).rowcount == 1


def disown(connection: Connection, image: Image) -> str | None:
    """Take bytes and faces from an image, which is then as if never read.

    Its oldest duplicate, if there is one, inherits them, the very same faces; else the faces are gone. Returns
    the heir's blob when its bytes are still to be encoded: the caller queues it.
    """
    values = {"image_id": image.id, "event_id": image.event_id}
    connection.execute(DISOWN, values)
    heir = connection.execute(HEIR, values).fetchone()
    if heir is None:
        if image.faces:
            events.faces_changed(connection, image.event_id)
            faces.replace(connection, image.event_id, image.id, ())
        return None
    heir_id, heir_blob = heir
    inheritance = {
        **values,
        "heir_id": heir_id,
        "status": str(image.status),
        "status_reason": image.status_reason,
        "faces": image.faces,
    }
    for statement in (INHERIT, INHERIT_FACES, REDIRECT):
        connection.execute(statement, inheritance)
    return str(heir_blob) if image.status is ImageStatus.PENDING else None


def delete(connection: Connection, image_id: uuid.UUID) -> None:
    connection.execute(DELETE, {"image_id": image_id})


def erase(connection: Connection, event_id: uuid.UUID, sha256: bytes) -> None:
    connection.execute(ERASE, {"event_id": event_id, "sha256": sha256})


def unerase(connection: Connection, event_id: uuid.UUID, sha256: bytes) -> None:
    connection.execute(UNERASE, {"event_id": event_id, "sha256": sha256})
