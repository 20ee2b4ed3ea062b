"""What a search costs beyond encoding the photo: in events of three sizes, asked of the database and in memory.

The faces are made up, as far from one another as LFW's are; there are twenty of each person. The first search of a
process asks the database, and so do those until the event's faces are read into its memory beside them.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector import Vector
from pgvector.psycopg import register_vector
from pydantic import SecretStr

from bench.pipeline import data_dir
from bench.tables import show
from devhost.postgres import Postgres
from kanta_core.database import events
from kanta_core.database.migrate import migrate_up
from kanta_core.domain.faces import EMBEDDING_SIZE, Box, Encoding, Face
from kanta_core.people.search.gallery import FACE_BYTES
from kanta_core.pipeline.people.search import find_people, find_similar
from kanta_core.services import Services, build
from kanta_core.settings import Settings

_SIZES = {"5k": 5_000, "20k": 20_000, "200k": 200_000}
_A_PHOTO, _A_PERSON = 4, 20
_SEARCHES = 60
_COMING = 100
ENCODER = "made-up"
# Of the mean squared distances between two people's faces and two of one person's, at unit length: .30 and .10.
_APART, _WITHIN = 0.20, 0.10
_STORAGE = (
    "DefaultEndpointsProtocol=http;AccountName=none;AccountKey=bm9uZQ==;BlobEndpoint=http://127.0.0.1:1/none"
)
_STORAGE += ";QueueEndpoint=http://127.0.0.1:1/none"

_EVENT = "INSERT INTO events (faces_revision, people_revision) VALUES (1, 1) RETURNING id"
_CODE = "INSERT INTO event_codes (code, event_id, is_current) VALUES (%(code)s, %(event_id)s, true)"
_IMAGES = """
    INSERT INTO images (event_id, blob_name, name, sha256, width, height, encoder, status, faces, last_modified)
    SELECT %(event_id)s, %(code)s || '/' || n, n, sha256(n::text::bytea), 4000, 3000, %(encoder)s, 'encoded',
           %(faces)s, now() - interval '1 hour'
      FROM generate_series(1, %(count)s) n
    RETURNING id
"""
# As if they had come just now; the others are from a while ago.
_CAME = """
    UPDATE images SET last_modified = clock_timestamp()
     WHERE id IN (SELECT id FROM images WHERE event_id = %(event_id)s LIMIT %(count)s)
"""
_PEOPLE = "INSERT INTO people (event_id, cluster_id) SELECT %(event_id)s, generate_series(1, %(count)s)"
_FACES = """
    COPY faces (id, event_id, image_id, grouped_as, cluster_id, x, y, width, height, landmarks, score, quality,
                encoder, embedding)
    FROM STDIN (FORMAT BINARY)
"""
_TYPES = (*["uuid"] * 3, *["int4"] * 6, "int4[]", "float4", "float4", "text", "vector")


class _Searching(Services):
    """Kanta's services; a photo is the bytes of the embedding of the one face in it."""

    def encode_now(self, data: bytes) -> Encoding:
        face = Face(Box(0, 0, 80, 80), (), 1.0, 0.8, np.frombuffer(data, np.float32), b"")
        return Encoding(640, 480, "jpg", ENCODER, datetime(2026, 5, 1), b"", (face,))  # noqa: DTZ001 - a camera's


def run() -> None:
    rows = []
    with (
        tempfile.TemporaryDirectory(prefix="bench-", dir=data_dir()) as folder,
        Postgres(Path(folder) / "postgres", database="kanta") as postgres,
    ):
        migrate_up(postgres.url)
        shown = {name: fill(postgres.url, f"event-{name}", count) for name, count in _SIZES.items()}
        for name, count in _SIZES.items():
            rows += list(_measured(postgres.url, name, count, shown[name]))
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    show(
        f"a search beyond encoding, ms ({busy})",
        ("faces, where", "similar", "p95", "people", "p95", "MB held", "s to read"),
        rows,
    )


def _measured(
    url: str, name: str, count: int, shown: NDArray[np.float32]
) -> Iterator[tuple[str, float, float, float, float, str, str]]:
    code = f"event-{name}"
    photos = [face.tobytes() for face in shown]
    with searching(url, memory=0) as services:
        yield (f"{name}, database", *_times(services, code, photos), "–", "–")
    with searching(url, memory=count * FACE_BYTES) as services:
        started = time.perf_counter()
        find_similar(services, code, photos[0], metric="cosine", top_k=1)
        services.galleries.wait()
        seconds = time.perf_counter() - started
        with services.database.transaction() as connection:
            event_id = events.resolve(connection, code)
        held = services.galleries.at((event_id, ENCODER))
        if held is not None:
            size, took = f"{held.size / 1e6:.0f}", f"{seconds:.2f}"
            yield (f"{name}, memory", *_times(services, code, photos), size, took)
            with services.database.transaction() as connection:
                connection.execute(_CAME, {"event_id": event_id, "count": _COMING})
                events.faces_changed(connection, event_id)
            yield (f"{name}, memory, while photos come", *_times(services, code, photos), size, "–")


def _times(services: Services, code: str, photos: list[bytes]) -> tuple[float, float, float, float]:
    def similar(photo: bytes) -> object:
        return find_similar(services, code, photo, metric="cosine", top_k=10)

    def people(photo: bytes) -> object:
        return find_people(services, code, photo, top_k=5)

    return *_median_and_p95(similar, photos), *_median_and_p95(people, photos)


def _median_and_p95(search: Callable[[bytes], object], photos: list[bytes]) -> tuple[float, float]:
    took = []
    for photo in photos:
        started = time.perf_counter()
        search(photo)
        took.append(1_000 * (time.perf_counter() - started))
    return float(np.median(took)), float(np.quantile(took, 0.95))


@contextlib.contextmanager
def searching(url: str, *, memory: int) -> Iterator[Services]:
    its = build(
        Settings(
            database_url_given=SecretStr(url),
            storage_connection=SecretStr(_STORAGE),
            access="open",
            search_memory_bytes=memory,
        )
    )
    parts = {part.name: getattr(its, part.name) for part in fields(its) if part.init}
    with contextlib.closing(_Searching(**parts)) as searching:
        yield searching


def fill(url: str, code: str, count: int) -> NDArray[np.float32]:
    """An event of so many faces, whose people are made; faces to show, every second one of somebody in it."""
    chance = np.random.default_rng(count)

    def scattered(around: NDArray[np.float64], squared: float) -> NDArray[np.float64]:
        # Between two vectors scattered like this.
        return around + chance.normal(scale=np.sqrt(squared / 2 / EMBEDDING_SIZE), size=around.shape)

    people = count // _A_PERSON
    middle = chance.normal(size=EMBEDDING_SIZE)
    middles = scattered(np.tile(middle / np.linalg.norm(middle), (people + _SEARCHES, 1)), _APART)
    who = chance.integers(people, size=count)
    faces = scattered(middles[who], _WITHIN).astype(np.float32)
    with psycopg.connect(url) as connection:
        register_vector(connection)
        event_id = connection.execute(_EVENT).fetchone()[0]  # type: ignore[index]  # RETURNING
        values = {"event_id": event_id, "code": code, "encoder": ENCODER, "faces": _A_PHOTO}
        connection.execute(_CODE, values)
        images = [image for (image,) in connection.execute(_IMAGES, {**values, "count": count // _A_PHOTO})]
        connection.execute(_PEOPLE, {**values, "count": people})
        with connection.cursor() as cursor, cursor.copy(_FACES) as copy:
            copy.set_types(_TYPES)
            for place, (person, face) in enumerate(zip(who.tolist(), faces, strict=True), 1):
                image = images[(place - 1) // _A_PHOTO]
                box = (100 * (place % _A_PHOTO), 0, 80, 80)
                its = (uuid.UUID(int=(count << 64) + place), event_id, image, person + 1, person + 1, *box)
                copy.write_row((*its, [0] * 10, 1.0, 0.8, ENCODER, Vector(face)))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) faces, images, people")
    asked = [middles[chance.integers(people) if k % 2 else people + k] for k in range(_SEARCHES)]
    return scattered(np.array(asked), _WITHIN).astype(np.float32)
