"""What grows with an event: joining new faces, searching, and reclustering, by how many faces it has."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import psycopg
from pgvector import Vector
from pgvector.psycopg import register_vector

from bench.events import crowd, yale_event
from bench.search import ENCODER, fill, searching
from kanta_core.database import events
from kanta_core.domain.faces import Box, Encoding, Face
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.people.search import find_people
from kanta_core.pipeline.photos.join import find_alike
from kanta_core.services import Services
from scale.processor_time import spent_by
from scale.service_times import Curve

_SEARCHES, _JOINS, _A_PHOTO = 20, 40, 5
# The first of a size may load what smaller events do not need.
_RECLUSTERS = 2
_MEMORY = 512_000_000
# Faces of an event for the first time through, which loads numpy and fills caches.
_WARM = 200


def create_event(services: Services, code: str) -> None:
    with services.database.transaction() as connection:
        nothing = dict.fromkeys(("name", "description", "start_date_time", "end_date_time"))
        events.insert(connection, code, nothing)


def event_times(services: Services, url: str, sizes: Sequence[int]) -> dict[str, Curve]:
    """The curves of `ServiceTimes`, by their names there; the faces are made up, twenty of each person."""
    points: dict[str, list[tuple[int, float]]] = {}
    _times(services, url, _WARM)
    for faces in sizes:
        for name, seconds in _times(services, url, faces).items():
            points.setdefault(name, []).append((faces, round(seconds, 6)))
    return {name: Curve(points=tuple(found)) for name, found in points.items()}


def _times(services: Services, url: str, faces: int) -> dict[str, float]:
    code = f"event-{faces}"
    shown = fill(url, code, faces)
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    _make_alike(url, event_id, faces)
    _, joining = _spent(lambda: _join(services, event_id, shown))
    with searching(url, memory=_MEMORY) as asking:
        find_people(asking, code, shown[0].tobytes(), top_k=5)
        asking.galleries.wait()
        search, search_database = _spent(
            lambda: [find_people(asking, code, face.tobytes(), top_k=5) for face in shown[:_SEARCHES]]
        )
    reclustered, database = min(_recluster(services, event_id) for _ in range(_RECLUSTERS))
    return {
        "join_database": joining / (_JOINS * _A_PHOTO),
        "search": search / _SEARCHES,
        "search_database": search_database / _SEARCHES,
        "recluster": reclustered,
        "recluster_database": database,
    }


_NEW = "CREATE TEMPORARY TABLE new (place integer, embedding vector) ON COMMIT DROP"
_TAKE = """
    UPDATE faces SET embedding = new.embedding
      FROM new, (SELECT id, row_number() OVER (ORDER BY id) AS place FROM faces WHERE event_id = %(event_id)s) f
     WHERE faces.event_id = %(event_id)s AND faces.id = f.id AND f.place = new.place
"""


def _make_alike(url: str, event_id: uuid.UUID, faces: int) -> None:
    """Faces that lie as real people's do: what a grouping need not compare depends on it."""
    real = yale_event()
    if real is None:
        raise FileNotFoundError("yale_png.zip is not at hand: KANTA_SHARED_DATA names the folder")
    vectors = crowd(real, faces, max(1, faces // 20)).faces.embeddings
    with psycopg.connect(url) as connection:
        register_vector(connection)
        connection.execute(_NEW)
        with connection.cursor() as cursor, cursor.copy("COPY new FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(("int4", "vector"))
            for place, vector in enumerate(vectors, 1):
                copy.write_row((place, Vector(vector)))
        connection.execute(_TAKE, {"event_id": event_id})
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) faces")


def _recluster(services: Services, event_id: uuid.UUID) -> tuple[float, float]:
    with services.database.transaction() as connection:
        events.faces_changed(connection, event_id)
    return _spent(lambda: recluster(services, event_id))


def _join(
    services: Services, event_id: uuid.UUID, shown: np.ndarray[tuple[int, int], np.dtype[np.float32]]
) -> None:
    for number in range(_JOINS):
        faces = tuple(
            Face(Box(0, 0, 80, 80), (), 1.0, 0.8, vector, b"")
            for vector in np.roll(shown, -number * _A_PHOTO, axis=0)[:_A_PHOTO]
        )
        taken = datetime.now(UTC).replace(tzinfo=None)
        find_alike(services, event_id, uuid.uuid4(), Encoding(640, 480, "jpg", ENCODER, taken, b"", faces))


def _spent(work: Callable[[], object]) -> tuple[float, float]:
    """Processor seconds of this process and of PostgreSQL's."""
    before, started = spent_by("postgres"), time.process_time()
    work()
    return time.process_time() - started, spent_by("postgres") - before
