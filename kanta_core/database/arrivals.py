"""How images come to be: uploads, blobs seen for the first time, and drops that wait for their event."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from kanta_core.database.pool import Connection
from kanta_core.domain.drops import Drop, Unaddressable

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

# Blobs for whose code there is no event, or that can never have one.
KEEP_DROPS = """
    INSERT INTO drops (blob_name, code, name, problem)
    SELECT * FROM unnest(%(blob_names)s::text[], %(codes)s::text[], %(names)s::text[], %(problems)s::text[])
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

DELETE_DROP = "DELETE FROM drops WHERE blob_name = %(blob_name)s"


@dataclass(frozen=True, slots=True)
class WaitingDrop:
    """A blob that belongs to no event: it waits for `code`, or has a `problem` and never will."""

    blob_name: str
    code: str | None
    problem: str | None
    first_seen: datetime


def register(connection: Connection, event_id: uuid.UUID, drop: Drop) -> None:
    """Make an image of the drop, unless there is one. Runs under `events.hold`."""
    values = {"event_id": event_id, "blob_name": drop.blob_name, "name": drop.name}
    connection.execute(REGISTER, values)
    connection.execute(DELETE_DROP, values)


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
    """Whether the upload is new: False when an image of the event holds these bytes already.

    Runs under `events.hold`.
    """
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


def keep_drops(connection: Connection, found: Sequence[Drop | Unaddressable]) -> None:
    """Keep blobs that belong to no event where operators see them."""
    drops = [blob if isinstance(blob, Drop) else None for blob in found]
    values = {
        "blob_names": [blob.blob_name for blob in found],
        "codes": [drop and drop.code for drop in drops],
        "names": [drop and drop.name for drop in drops],
        "problems": [blob.problem if isinstance(blob, Unaddressable) else None for blob in found],
    }
    connection.execute(KEEP_DROPS, values)


def take_in(connection: Connection, event_id: uuid.UUID, code: str) -> int:
    """How many drops that waited for `code` are images of the event now. Runs under `events.hold`."""
    return connection.execute(TAKE_IN, {"event_id": event_id, "code": code}).rowcount


def claimable(connection: Connection) -> list[tuple[str, uuid.UUID]]:
    return connection.execute(CLAIMABLE).fetchall()


def list_drops(connection: Connection, *, limit: int) -> list[WaitingDrop]:
    with connection.cursor(row_factory=class_row(WaitingDrop)) as cursor:
        return cursor.execute(LIST_DROPS, {"limit": limit}).fetchall()


def delete_drop(connection: Connection, blob_name: str) -> None:
    connection.execute(DELETE_DROP, {"blob_name": blob_name})
