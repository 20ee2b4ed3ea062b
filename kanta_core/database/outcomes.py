"""How encoding an image ended: with faces, refused, given up, or to be tried again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from kanta_core.database import notices
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import Encoding
from kanta_core.domain.records import ImageStatus

# What encoding found, unless the image was deleted, replaced or encoded meanwhile. Success outdoes giving up.
# Whether webhooks want to know comes back with it: where there is none, it costs no question of its own.
FINISH = f"""
    UPDATE images
       SET status = 'encoded', status_reason = NULL, last_error = NULL, faces = %(faces)s,
           width = %(width)s, height = %(height)s, file_extension = %(file_extension)s, taken_at = %(taken_at)s,
           encoder = %(encoder)s, encode_again = false, queued_at = NULL, last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND sha256 = %(sha256)s AND (status IN ('pending', 'failed') OR encode_again)
    RETURNING {notices.is_asked_for}
"""

# The duplicates of an image show what is known of its bytes.
FINISH_DUPLICATES = """
    UPDATE images
       SET width = %(width)s, height = %(height)s, file_extension = %(file_extension)s, taken_at = %(taken_at)s,
           encoder = %(encoder)s
     WHERE duplicate_of = %(image_id)s
"""

# The bytes are no photo, unless the image was deleted, replaced or finished meanwhile.
REJECT = """
    UPDATE images
       SET status = 'rejected', status_reason = %(reason)s, last_error = NULL, queued_at = NULL,
           last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND status = 'pending' AND sha256 IS NOT DISTINCT FROM %(sha256)s
"""

# Tries ran out; the reason is what the last one left.
FAIL = """
    UPDATE images
       SET status = 'failed', last_modified = clock_timestamp(), queued_at = NULL,
           status_reason = coalesce(last_error, 'The photo could not be encoded in five tries.')
     WHERE blob_name = %(blob_name)s AND status = 'pending'
       AND (etag IS NULL OR %(etag)s::text IS NULL OR etag = %(etag)s)
    RETURNING status_reason
"""

# An image that is encoded stays as it is when encoding it once more did not work.
LEAVE = """
    UPDATE images SET encode_again = false, queued_at = NULL WHERE blob_name = %(blob_name)s AND encode_again
"""

# Images that another encoder is to look at; those that wait for that already are not asked for again.
ENCODE_AGAIN = """
    UPDATE images SET encode_again = true
     WHERE event_id = %(event_id)s AND status = 'encoded' AND NOT encode_again
       AND (%(encoder)s::text IS NULL OR encoder <> %(encoder)s)
       AND (%(hashes)s::bytea[] IS NULL OR sha256 = ANY(%(hashes)s))
"""

# The same for many of an event.
RETRY_ALL = """
    UPDATE images
       SET status = 'pending', status_reason = NULL, last_error = NULL, last_modified = clock_timestamp()
     WHERE event_id = %(event_id)s AND id = ANY(%(ids)s::uuid[]) AND status IN ('failed', 'rejected', 'pending')
    RETURNING id, blob_name
"""

# Which of them are the event's.
AMONG = "SELECT id FROM images WHERE event_id = %(event_id)s AND id = ANY(%(ids)s::uuid[])"

# Those of a status, the oldest first, each with how many there are.
WITH_STATUS = """
    SELECT id, count(*) OVER () FROM images
     WHERE event_id = %(event_id)s AND status = %(status)s::image_status
     ORDER BY created_at, id LIMIT %(most)s
"""

# What a try that will be repeated said.
NOTE_ERROR = "UPDATE images SET last_error = %(error)s WHERE blob_name = %(blob_name)s AND status = 'pending'"

# Another try for an image that did not make it.
RETRY = """
    UPDATE images
       SET status = 'pending', status_reason = NULL, last_error = NULL, last_modified = clock_timestamp()
     WHERE id = %(image_id)s AND status IN ('failed', 'rejected', 'pending')
"""


def finish(connection: Connection, image_id: uuid.UUID, sha256: bytes, encoding: Encoding) -> bool:
    """Whether the image was still waiting for this: False when it is gone, replaced or encoded already."""
    values = {
        "image_id": image_id,
        "sha256": sha256,
        "faces": len(encoding.faces),
        "width": encoding.width,
        "height": encoding.height,
        "file_extension": encoding.file_extension,
        "taken_at": encoding.taken_at,
        "encoder": encoding.encoder,
    }
    finished = connection.execute(FINISH, values).fetchone()
    if finished is None:
        return False
    connection.execute(FINISH_DUPLICATES, values)
    if finished[0]:
        notices.tell_encoded(connection, image_id)
    return True


def reject(connection: Connection, image_id: uuid.UUID, sha256: bytes | None, *, reason: str) -> bool:
    """Whether the image was still waiting for this."""
    values = {"image_id": image_id, "sha256": sha256, "reason": reason}
    return connection.execute(REJECT, values).rowcount == 1


def fail(connection: Connection, blob_name: str, *, etag: str | None) -> str | None:
    """Why the image failed, in a sentence; None when there is none that was still waiting."""
    failed = connection.execute(FAIL, {"blob_name": blob_name, "etag": etag}).fetchone()
    leave(connection, blob_name)
    return None if failed is None else str(failed[0])


def leave(connection: Connection, blob_name: str) -> None:
    """The image could not be encoded once more: it stays as it is."""
    connection.execute(LEAVE, {"blob_name": blob_name})


def encode_again(
    connection: Connection,
    event_id: uuid.UUID,
    *,
    other_than: str | None = None,
    hashes: Sequence[bytes] | None = None,
) -> int:
    """How many of the event's images are to be encoded once more from now on, and were not before.

    All that are encoded, or of them those by another encoder than `other_than`, those of these bytes.
    """
    values = {"event_id": event_id, "encoder": other_than, "hashes": None if hashes is None else list(hashes)}
    return connection.execute(ENCODE_AGAIN, values).rowcount


def note_error(connection: Connection, blob_name: str, error: str) -> None:
    connection.execute(NOTE_ERROR, {"blob_name": blob_name, "error": error})


def retry(connection: Connection, image_id: uuid.UUID) -> bool:
    """Whether the image can be tried again: False when it is encoded or a duplicate."""
    return connection.execute(RETRY, {"image_id": image_id}).rowcount == 1


def retry_all(connection: Connection, event_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Those of these images of the event that can be tried again, each with its blob."""
    rows = connection.execute(RETRY_ALL, {"event_id": event_id, "ids": list(image_ids)})
    return dict(rows.fetchall())


def among(connection: Connection, event_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these images that are the event's."""
    return {found for (found,) in connection.execute(AMONG, {"event_id": event_id, "ids": list(image_ids)})}


def with_status(
    connection: Connection, event_id: uuid.UUID, status: ImageStatus, *, most: int
) -> tuple[list[uuid.UUID], int]:
    """The oldest of the event's images of this status, and how many there are of it in all."""
    values = {"event_id": event_id, "status": str(status), "most": most}
    rows = connection.execute(WITH_STATUS, values).fetchall()
    return [image_id for image_id, _ in rows], rows[0][1] if rows else 0
