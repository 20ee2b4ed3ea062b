"""People: what a recluster reads and writes, and what readers see of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import EMBEDDING_SIZE, NO_PERSON, Box
from kanta_core.domain.records import Person, Sample

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Events whose people are behind their faces and for which no recluster is on its way, marked as asked for now. One
# that was asked for long ago got lost. While an event is encoded once more its people wait for the last photo: a
# person that is half one encoder's and half another's would come out as two, and go on under a new number.
TAKE_CHANGED = """
    UPDATE events SET recluster_queued_at = clock_timestamp()
     WHERE id IN (
        SELECT id FROM events
         WHERE faces_revision > people_revision AND NOT erasing
           AND (recluster_queued_at IS NULL
                OR recluster_queued_at < clock_timestamp() - make_interval(secs => %(lost)s))
           AND NOT EXISTS (SELECT FROM images i WHERE i.event_id = events.id AND i.encode_again)
         ORDER BY id
           FOR NO KEY UPDATE)
    RETURNING id
"""

# The state of the faces that a recluster is about to read; None once nothing changed.
REVISIONS = """
    SELECT faces_revision, people_revision FROM events WHERE id = %(event_id)s AND NOT erasing
"""

# Every face of the event in an order of content, not of arrival: bytes of the photo, then place in it.
EMBEDDINGS = """
    COPY (SELECT f.id, f.encoder, f.quality, f.embedding
            FROM faces f JOIN images i ON i.event_id = f.event_id AND i.id = f.image_id
           WHERE f.event_id = {event_id}
           ORDER BY i.sha256, f.x, f.y, f.width, f.height)
    TO STDOUT (FORMAT BINARY)
"""

# The event while its people are written: one writer at a time.
LOCK = """
    SELECT people_revision, next_cluster_id FROM events
     WHERE id = %(event_id)s AND NOT erasing
       FOR NO KEY UPDATE
"""

# Who is in which person now.
ASSIGNED = "SELECT id, cluster_id FROM faces WHERE event_id = %(event_id)s AND cluster_id <> -1"

# Moves faces to their people; only those that move are written.
ASSIGN = """
    UPDATE faces f SET cluster_id = a.cluster_id
      FROM unnest(%(face_ids)s::uuid[], %(cluster_ids)s::integer[]) AS a (id, cluster_id)
     WHERE f.event_id = %(event_id)s AND f.id = a.id AND f.cluster_id <> a.cluster_id
"""

# New people; those that are there stay as they are.
INSERT_PEOPLE = """
    INSERT INTO people (event_id, cluster_id)
    SELECT %(event_id)s, cluster_id FROM unnest(%(cluster_ids)s::integer[]) AS n (cluster_id)
    ON CONFLICT DO NOTHING
"""

# The people reflect the faces as they were at this revision.
DONE = """
    UPDATE events
       SET people_revision = %(revision)s, next_cluster_id = %(next_cluster_id)s, recluster_queued_at = NULL
     WHERE id = %(event_id)s
"""

# Nothing to write, but the recluster that was asked for has run.
SETTLED = "UPDATE events SET recluster_queued_at = NULL WHERE id = %(event_id)s"

# The event's people with their best-seen faces as samples, biggest first, those in no person last.
LIST = """
    WITH ranked AS (
        SELECT f.*, row_number() OVER (
                   PARTITION BY f.cluster_id
                   ORDER BY f.quality DESC, f.score * sqrt(f.width::real * f.height) DESC, f.id) AS place
          FROM faces f
         WHERE f.event_id = %(event_id)s)
    SELECT r.event_id, r.cluster_id, p.name, count(*) AS face_count, count(DISTINCT r.image_id) AS image_count,
           jsonb_agg(jsonb_build_array(r.id, encode(i.sha256, 'hex'), i.blob_name, i.file_extension,
                                           r.x, r.y, r.width, r.height)
                     ORDER BY r.place) FILTER (WHERE r.place <= %(sample_size)s) AS samples
      FROM ranked r
      JOIN images i ON i.event_id = r.event_id AND i.id = r.image_id
      LEFT JOIN people p ON p.event_id = r.event_id AND p.cluster_id = r.cluster_id
     GROUP BY r.event_id, r.cluster_id, p.name
     ORDER BY r.cluster_id = -1, count(*) DESC, r.cluster_id
"""


@dataclass(frozen=True, slots=True)
class Embeddings:
    """An event's faces as a recluster reads them: row k of `vectors` (float32, (n, 128)) is face `ids[k]`.

    So are `encoders[k]`, which made it, and `qualities[k]` (float32, 0..1).
    """

    ids: tuple[uuid.UUID, ...]
    encoders: tuple[str, ...]
    qualities: NDArray[np.float32]
    vectors: NDArray[np.float32]


def take_changed(connection: Connection, *, lost_after: float) -> list[uuid.UUID]:
    """Events to recluster, each asked for once; `lost_after` in seconds."""
    return [event_id for (event_id,) in connection.execute(TAKE_CHANGED, {"lost": lost_after})]


def revisions(connection: Connection, event_id: uuid.UUID) -> tuple[int, int] | None:
    """The faces' and the people's revision, or None when the event is gone."""
    return connection.execute(REVISIONS, {"event_id": event_id}).fetchone()


def embeddings(connection: Connection, event_id: uuid.UUID) -> Embeddings:
    """Every face of the event, in an order that does not depend on when the photos came."""
    import numpy as np  # noqa: PLC0415 - for those who recluster

    ids: list[uuid.UUID] = []
    encoders: list[str] = []
    qualities: list[float] = []
    rows: list[bytes] = []
    # COPY takes no parameters; a UUID's text needs no quoting beyond its quotes.
    statement = EMBEDDINGS.format(event_id=f"'{event_id}'")
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(["uuid", "text", "float4", "bytea"])
        for face_id, encoder, quality, vector in copy.rows():
            ids.append(face_id)
            encoders.append(encoder)
            qualities.append(quality)
            # pgvector's wire format: dimensions and a reserved field, 2 bytes each, then big-endian floats.
            rows.append(bytes(vector)[4:])
    vectors = np.frombuffer(b"".join(rows), dtype=">f4").reshape(-1, EMBEDDING_SIZE).astype(np.float32)
    return Embeddings(tuple(ids), tuple(encoders), np.array(qualities, np.float32), vectors)


def lock(connection: Connection, event_id: uuid.UUID) -> tuple[int, int] | None:
    """The people's revision and the next free number, locked until the transaction ends; None: event gone."""
    return connection.execute(LOCK, {"event_id": event_id}).fetchone()


def assigned(connection: Connection, event_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """The number of the person each face is in; faces in none are left out."""
    return dict(connection.execute(ASSIGNED, {"event_id": event_id}).fetchall())


def assign(
    connection: Connection,
    event_id: uuid.UUID,
    moves: Sequence[tuple[uuid.UUID, int]],
    *,
    revision: int,
    next_cluster_id: int,
) -> None:
    """Write a recluster's result: every move, the people they need, and what the people reflect now."""
    numbers = sorted({number for _, number in moves if number != NO_PERSON})
    connection.execute(INSERT_PEOPLE, {"event_id": event_id, "cluster_ids": numbers})
    values = {
        "event_id": event_id,
        "face_ids": [face for face, _ in moves],
        "cluster_ids": [number for _, number in moves],
    }
    connection.execute(ASSIGN, values)
    done = {"event_id": event_id, "revision": revision, "next_cluster_id": next_cluster_id}
    connection.execute(DONE, done)


def settle(connection: Connection, event_id: uuid.UUID) -> None:
    connection.execute(SETTLED, {"event_id": event_id})


def _person(*, event_id: uuid.UUID, samples: Iterable[list[Any]], **row: Any) -> Person:  # noqa: ANN401 - a row
    shown = tuple(
        Sample(
            face_id=uuid.UUID(face),
            event_id=event_id,
            sha256=bytes.fromhex(sha256),
            blob_name=blob,
            file_extension=extension,
            box=Box(*place),
        )
        for face, sha256, blob, extension, *place in samples
    )
    return Person(samples=shown, **row)


def list_people(connection: Connection, event_id: uuid.UUID, *, sample_size: int) -> list[Person]:
    """The event's people, biggest first; the faces in no person come last, under -1."""
    values = {"event_id": event_id, "sample_size": sample_size}
    with connection.cursor(row_factory=kwargs_row(_person)) as cursor:
        return cursor.execute(LIST, values).fetchall()
