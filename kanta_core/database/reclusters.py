"""Reclusters: which events need one, what it reads, and that it is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kanta_core.database.pool import Connection
from kanta_core.domain.faces import EMBEDDING_SIZE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Events whose people are behind their faces and for which no recluster is on its way, marked as asked for now. One
# that was asked for long ago got lost. While an event is encoded once more its people wait for the last photo: a
# person that is half one encoder's and half another's would come out as two, and go on under a new number. While
# photos are on their way to it, the next recluster keeps its distance; after the last one it is due at once.
TAKE_CHANGED = """
    UPDATE events SET recluster_queued_at = clock_timestamp()
     WHERE id IN (
        SELECT id FROM events
         WHERE faces_revision > people_revision AND NOT erasing
           AND (recluster_queued_at IS NULL
                OR recluster_queued_at < clock_timestamp() - make_interval(secs => %(lost)s))
           AND NOT EXISTS (SELECT FROM images i WHERE i.event_id = events.id AND i.encode_again)
           AND (recluster_due_at IS NULL OR recluster_due_at <= clock_timestamp()
                OR NOT EXISTS (SELECT FROM images i WHERE i.event_id = events.id AND i.status = 'pending'))
         ORDER BY id
           FOR NO KEY UPDATE)
    RETURNING id, traceparent
"""

# The state of the faces that a recluster is about to read; None once nothing changed.
REVISIONS = """
    SELECT faces_revision, people_revision FROM events WHERE id = %(event_id)s AND NOT erasing
"""

# Every face of the event in an order of content, not of arrival: bytes of the photo, then place in it.
EMBEDDINGS = """
    COPY (SELECT f.id, f.image_id, f.encoder, f.quality, f.embedding
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

# The people reflect the faces as they were at this revision.
DONE = """
    UPDATE events
       SET people_revision = %(revision)s, next_cluster_id = %(next_cluster_id)s, recluster_queued_at = NULL,
           recluster_due_at = clock_timestamp() + make_interval(secs => %(pause)s)
     WHERE id = %(event_id)s
"""

# Nothing to write, but the recluster that was asked for has run.
SETTLED = "UPDATE events SET recluster_queued_at = NULL WHERE id = %(event_id)s"


@dataclass(frozen=True, slots=True)
class Embeddings:
    """An event's faces as a recluster reads them: row k of `vectors` (float32, (n, 128)) is face `ids[k]`.

    So are `encoders[k]`, which made it, `qualities[k]` (float32, 0..1) and `photos[k]`, the same for faces of one
    photo.
    """

    ids: tuple[uuid.UUID, ...]
    encoders: tuple[str, ...]
    photos: NDArray[np.intp]
    qualities: NDArray[np.float32]
    vectors: NDArray[np.float32]

    def by_encoder(self) -> list[NDArray[np.intp]]:
        """The rows of each encoder's faces: only those can be compared with each other."""
        import numpy as np  # noqa: PLC0415 - for those who recluster

        encoders = np.array(self.encoders)
        return [np.flatnonzero(encoders == encoder) for encoder in sorted(set(self.encoders))]


def take_changed(connection: Connection, *, lost_after: float) -> list[tuple[uuid.UUID, str | None]]:
    """Events to recluster, each asked for once, and the trace that changed it last; `lost_after` in seconds."""
    return connection.execute(TAKE_CHANGED, {"lost": lost_after}).fetchall()


def revisions(connection: Connection, event_id: uuid.UUID) -> tuple[int, int] | None:
    """The faces' and the people's revision, or None when the event is gone."""
    return connection.execute(REVISIONS, {"event_id": event_id}).fetchone()


def embeddings(connection: Connection, event_id: uuid.UUID) -> Embeddings:
    """Every face of the event, in an order that does not depend on when the photos came."""
    import numpy as np  # noqa: PLC0415 - for those who recluster

    ids: list[uuid.UUID] = []
    encoders: list[str] = []
    qualities: list[float] = []
    photos: list[int] = []
    number_of: dict[uuid.UUID, int] = {}
    rows: list[bytes] = []
    # COPY takes no parameters; a UUID's text needs no quoting beyond its quotes.
    statement = EMBEDDINGS.format(event_id=f"'{event_id}'")
    with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(["uuid", "uuid", "text", "float4", "bytea"])
        for face_id, image_id, encoder, quality, vector in copy.rows():
            ids.append(face_id)
            photos.append(number_of.setdefault(image_id, len(number_of)))
            encoders.append(encoder)
            qualities.append(quality)
            # pgvector's wire format: dimensions and a reserved field, 2 bytes each, then big-endian floats.
            rows.append(bytes(vector)[4:])
    vectors = np.frombuffer(b"".join(rows), dtype=">f4").reshape(-1, EMBEDDING_SIZE).astype(np.float32)
    return Embeddings(
        tuple(ids), tuple(encoders), np.array(photos, np.intp), np.array(qualities, np.float32), vectors
    )


def lock(connection: Connection, event_id: uuid.UUID) -> tuple[int, int] | None:
    """The people's revision and the next free number, locked until the transaction ends; None: event gone."""
    return connection.execute(LOCK, {"event_id": event_id}).fetchone()


def done(
    connection: Connection, event_id: uuid.UUID, *, revision: int, next_cluster_id: int, pause: float
) -> None:
    """The people reflect `revision`; `pause` seconds until the next recluster while photos come."""
    values = {"event_id": event_id, "revision": revision, "next_cluster_id": next_cluster_id, "pause": pause}
    connection.execute(DONE, values)


def settle(connection: Connection, event_id: uuid.UUID) -> None:
    connection.execute(SETTLED, {"event_id": event_id})
