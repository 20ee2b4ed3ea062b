"""Whose bytes they are: the image that holds them, its duplicates, and who inherits them.

Everything here runs under `events.hold`: of the images with the same bytes one is the holder.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from kanta_core.database import events, faces, notices
from kanta_core.database.pool import Connection
from kanta_core.domain.records import Image, ImageStatus

# The bytes were looked at and are this image's to encode, or to be refused unread.
TAKE_BYTES = """
    UPDATE images
       SET etag = %(etag)s, sha256 = %(sha256)s, size = %(size)s, status = 'pending', status_reason = NULL,
           duplicate_of = NULL, faces = 0, width = NULL, height = NULL, taken_at = NULL, encoder = NULL,
           encode_again = false, last_modified = clock_timestamp()
     WHERE id = %(image_id)s
"""

# The same bytes under a new version of the blob.
RENEW = "UPDATE images SET etag = %(etag)s, queued_at = NULL WHERE id = %(image_id)s"

# Another image of the event holds the same bytes.
MARK_DUPLICATE = """
    UPDATE images i
       SET etag = %(etag)s, sha256 = %(sha256)s, size = %(size)s, status = 'duplicate',
           status_reason = 'The same bytes are in the event already.', last_error = NULL, duplicate_of = h.id,
           file_extension = h.file_extension, faces = 0, width = h.width, height = h.height, taken_at = h.taken_at,
           encoder = h.encoder, encode_again = false, queued_at = NULL, last_modified = clock_timestamp()
      FROM images h
     WHERE i.id = %(image_id)s AND h.id = %(holder_id)s
"""

# The oldest duplicate of an image: who inherits its bytes and faces.
HEIR = "SELECT id, blob_name FROM images WHERE duplicate_of = %(image_id)s ORDER BY created_at, id LIMIT 1"

# Frees an image's bytes for its heir or for bytes of its own.
DISOWN = """
    UPDATE images
       SET sha256 = NULL, status = 'pending', status_reason = NULL, duplicate_of = NULL, faces = 0,
           width = NULL, height = NULL, taken_at = NULL, encoder = NULL, encode_again = false,
           last_modified = clock_timestamp()
     WHERE id = %(image_id)s
"""

# The heir takes over all that was known of the bytes.
INHERIT = """
    UPDATE images
       SET duplicate_of = NULL, status = %(status)s::image_status, status_reason = %(status_reason)s,
           faces = %(faces)s, encode_again = %(encode_again)s, last_modified = clock_timestamp()
     WHERE id = %(heir_id)s
"""

# The heir's faces are the very same faces.
INHERIT_FACES = """
    UPDATE faces SET image_id = %(heir_id)s WHERE event_id = %(event_id)s AND image_id = %(image_id)s
"""

# The other duplicates point at the heir from now on.
REDIRECT = "UPDATE images SET duplicate_of = %(heir_id)s WHERE duplicate_of = %(image_id)s"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a blob as it was read. `sha256` is None for bytes that are no one's: none, or too many."""

    etag: str
    sha256: bytes | None
    size: int
    modified: datetime


def take_bytes(connection: Connection, image_id: uuid.UUID, version: Version) -> None:
    values = {"image_id": image_id, "etag": version.etag, "sha256": version.sha256, "size": version.size}
    connection.execute(TAKE_BYTES, values)


def renew(connection: Connection, image_id: uuid.UUID, etag: str) -> None:
    connection.execute(RENEW, {"image_id": image_id, "etag": etag})


def mark_duplicate(connection: Connection, image_id: uuid.UUID, version: Version, *, holder_id: uuid.UUID) -> None:
    values = {
        "image_id": image_id,
        "holder_id": holder_id,
        "etag": version.etag,
        "sha256": version.sha256,
        "size": version.size,
    }
    connection.execute(MARK_DUPLICATE, values)


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
            faces.delete_of_image(connection, image.event_id, image.id)
        return None
    heir_id, heir_blob = heir
    inheritance = {
        **values,
        "heir_id": heir_id,
        "status": str(image.status),
        "status_reason": image.status_reason,
        "faces": image.faces,
        "encode_again": image.encode_again,
    }
    for statement in (INHERIT, INHERIT_FACES, REDIRECT):
        connection.execute(statement, inheritance)
    if image.status is ImageStatus.ENCODED:
        notices.tell_encoded(connection, heir_id)
    return str(heir_blob) if image.waits else None
