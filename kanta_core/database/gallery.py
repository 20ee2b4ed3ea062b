"""The gallery of an event: the vectors of all its faces by one encoder, read to be searched in memory."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import EMBEDDING_SIZE

if TYPE_CHECKING:
    import numpy as np
    from _typeshed import ReadableBuffer
    from numpy.typing import NDArray

# At which revision the event's faces are, by the server's clock now.
STATE = "SELECT faces_revision, clock_timestamp() FROM events WHERE id = %(event_id)s"

# Since when changes may be missing from what is read from now on: those of transactions that have not ended, and a
# minute for a clock that is set back.
HORIZON = """
    SELECT least(clock_timestamp(), min(xact_start)) - interval '1 minute'
      FROM pg_stat_activity WHERE datname = current_database()
"""

# Faces that came since: whoever writes an image's faces writes down when.
CHANGED = """
    SELECT id FROM faces
     WHERE event_id = %(event_id)s AND encoder = %(encoder)s
       AND image_id = ANY (ARRAY(SELECT id FROM images
                                  WHERE event_id = %(event_id)s AND faces > 0 AND last_modified >= %(since)s))
     LIMIT %(most)s
"""

# How many there are to be read.
COUNT = "SELECT count(*) FROM faces WHERE event_id = %(event_id)s AND encoder = %(encoder)s"

# In binary, where every row has the same length. COPY takes no parameters: they are quoted by the server.
COPY_OUT = """
    SELECT format('COPY (SELECT id, embedding FROM faces WHERE event_id = %%L AND encoder = %%L) '
                  'TO STDOUT (FORMAT BINARY)', %(event_id)s::uuid, %(encoder)s::text)
"""
# PostgreSQL's binary COPY begins with a signature, flags and the length of an extension, and ends with a -1. A row
# has the number of its fields, and each field after its length: the id, and two numbers before pgvector's floats.
_HEADER, _TRAILER = 11 + 4 + 4, 2
_ROW = 2 + (4 + 16) + (4 + 2 + 2 + 4 * EMBEDDING_SIZE)
_BLOCK = 1_000_000


def state(connection: Connection, event_id: uuid.UUID) -> tuple[int, datetime] | None:
    """The revision of the event's faces, and the server's time; None when the event is gone."""
    return connection.execute(STATE, {"event_id": event_id}).fetchone()


def horizon(connection: Connection) -> datetime:
    """Since when faces may have come that are not among those read after this, in another transaction."""
    row: tuple[datetime] | None = connection.execute(HORIZON).fetchone()
    assert row is not None
    return row[0]


def changed(
    connection: Connection, event_id: uuid.UUID, encoder: str, since: datetime, *, most: int
) -> list[uuid.UUID] | None:
    """Every face that may have come since a `horizon`; None where they are more than `most`."""
    values = {"event_id": event_id, "encoder": encoder, "since": since, "most": most + 1}
    found = [face for (face,) in connection.execute(CHANGED, values)]
    return None if len(found) > most else found


def count(connection: Connection, event_id: uuid.UUID, encoder: str) -> int:
    """How many faces of the event there are by this encoder."""
    row: tuple[int] | None = connection.execute(COUNT, {"event_id": event_id, "encoder": encoder}).fetchone()
    assert row is not None
    return row[0]


def read(
    connection: Connection, event_id: uuid.UUID, encoder: str, many: int
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Ids as bytes (uint8, (n, 16)) and embeddings (float32, (n, 128)) of the `many` faces that `count` counted.

    In the transaction that counted them, `matches.at_one_moment`. No more memory is used than what is returned.
    """
    import numpy as np  # noqa: PLC0415 - for those who search

    row = np.dtype(
        [("before_id", "S6"), ("id", "u1", 16), ("before_vector", "S8"), ("vector", ">f4", EMBEDDING_SIZE)]
    )
    ids = np.empty((many, 16), np.uint8)
    vectors = np.empty((many, EMBEDDING_SIZE), np.float32)
    done = 0
    (statement,) = connection.execute(COPY_OUT, {"event_id": event_id, "encoder": encoder}).fetchone() or ("",)
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for block in _blocks(copy):
            rows = np.frombuffer(block, row)
            ids[done : done + len(rows)] = rows["id"]
            vectors[done : done + len(rows)] = rows["vector"]
            done += len(rows)
    assert done == many, "the faces were counted at another moment"
    return ids, vectors


def _blocks(pieces: Iterable[ReadableBuffer]) -> Iterator[bytes]:
    """Whole rows, about a megabyte at a time."""
    waiting = bytearray()
    start = _HEADER
    for piece in pieces:
        waiting += piece
        if len(waiting) > _BLOCK:
            end = len(waiting) - (len(waiting) - start) % _ROW
            yield bytes(waiting[start:end])
            del waiting[:end]
            start = 0
    yield bytes(waiting[start:-_TRAILER])
