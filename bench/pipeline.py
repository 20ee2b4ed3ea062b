"""What the pipeline around the encoder costs: the whole local stack against the bare encoder.

Both encode the same photos in the same number of processes, in turns. The stack's time runs from
the first blob picked up (its image's first row) to the last commit, as PostgreSQL's clock has it; the photos
lie in storage before the functions start, as after an azcopy. Photos as phones share them show what the pipeline
costs; tiny portraits show the most that it can cost, as everything but the encoder takes as long for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg

from bench.parties import parties
from bench.photos import portraits
from bench.tables import show
from demo.service import read_env, serving
from devhost.azurite import Azurite
from devhost.postgres import Postgres
from devhost.preflight import free_ports
from kanta_core.database import events
from kanta_core.database.migrate import migrate_up
from kanta_core.database.pool import Database
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import PHOTOS

_PHOTOS = 600
# One after the other, so that a noisy minute of the machine spoils one ratio and not the figure.
_ROUNDS = 3
# What a phone sends by default when it shares a photo.
_SIZE, _FACES = (2_048, 1_536), (3, 2)
CODE = "bench"
PATIENCE_SECONDS = 300.0

# When the first image was picked up, when the last was finished, and how many are.
_PROGRESS = """
    SELECT extract(epoch FROM max(last_modified) - min(created_at))::float,
           count(*) FILTER (WHERE status <> 'pending'), sum(faces)
      FROM images
"""


def run() -> None:
    processes = int(os.environ.get("FUNCTIONS_WORKER_PROCESS_COUNT") or multiprocessing.cpu_count())
    tiny, large = portraits(_PHOTOS), parties(_PHOTOS, _SIZE, _FACES)
    for engine, kind, (source, photos) in (
        ("onnx", "photos of 3 MP with 6 people", large),
        ("dlib", "portraits of 250 px", tiny),
        ("onnx", "portraits of 250 px", tiny),
    ):
        os.environ["KANTA_ENGINE"] = engine
        _compare(f"{engine} engine, {_PHOTOS} {kind} ({source})", photos, processes)


def _compare(title: str, photos: Sequence[bytes], processes: int) -> None:
    rounds = []
    for _ in range(_ROUNDS):
        alone = bare(photos, processes)
        with tempfile.TemporaryDirectory(prefix="bench-", dir=data_dir()) as folder:
            stack, faces = asyncio.run(_stack(photos, Path(folder)))
        rounds.append((alone, stack))
    rows = [(f"round {number}", *each, each[1] / each[0]) for number, each in enumerate(rounds, 1)]
    medians = [statistics.median(column) for column in zip(*(row[1:] for row in rows), strict=True)]
    show(
        f"{title}, {faces} faces, {processes} processes",
        ("", "bare encoder, s", "whole stack, s", "stack × bare"),
        [*rows, ("median", *medians)],
    )


def data_dir() -> Path:
    folder = Path(os.environ.get("KANTA_DATA_DIR") or ".local").absolute()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def bare(photos: Sequence[bytes], processes: int) -> float:
    """Seconds for the encoder alone; loading the models counts, as it does for the stack's workers."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(processes + 1)
    workers = [
        context.Process(target=_encode_all, args=(photos[number::processes], ready)) for number in range(processes)
    ]
    for worker in workers:
        worker.start()
    ready.wait()
    started = time.perf_counter()
    for worker in workers:
        worker.join()
    return time.perf_counter() - started


def _encode_all(photos: Sequence[bytes], ready: Barrier) -> None:
    from kanta_core.vision.encoder import FaceEncoder  # noqa: PLC0415 - in the worker only

    ready.wait()
    name = os.environ["KANTA_ENGINE"]
    encoder = FaceEncoder(max_pixels=64_000_000, engine_name="dlib" if name == "dlib" else "onnx")
    for photo in photos:
        encoder.encode(photo)


async def _stack(photos: Sequence[bytes], data_dir: Path) -> tuple[float, int]:
    """Seconds for the stack, and the faces it found."""
    prepare(photos, data_dir)
    port = free_ports(1)[0]
    os.environ.update(KANTA_DATA_DIR=str(data_dir), KANTA_PORT=str(port))
    async with serving(f"http://localhost:{port}", data_dir) as service:
        database = read_env(data_dir / "env")["KANTA_DATABASE_URL"]
        deadline = time.monotonic() + PATIENCE_SECONDS
        with psycopg.connect(database, autocommit=True) as connection:
            while True:
                service.child.check_alive()
                row = connection.execute(_PROGRESS).fetchone()
                assert row is not None
                seconds, final, faces = row
                if final == len(photos):
                    return float(seconds), int(faces)
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"waited {PATIENCE_SECONDS:.0f} s for {len(photos)} photos: {final} are done"
                    )
                await asyncio.sleep(1)


def prepare(photos: Sequence[bytes], data_dir: Path) -> None:
    """An event, and its photos in storage, before any function runs."""
    with Postgres(data_dir / "postgres", database="kanta") as postgres:
        migrate_up(postgres.url)
        with contextlib.closing(Database(postgres.url, size=1)) as database, database.transaction() as connection:
            nothing = dict.fromkeys(("name", "description", "start_date_time", "end_date_time"))
            events.insert(connection, CODE, nothing)
    with Azurite(data_dir / "azurite") as azurite:
        blobs = Blobs(azurite.connection_string(), link_lifetime=timedelta(hours=1))
        blobs.create_containers()
        for number, photo in enumerate(photos):
            blobs.write(PHOTOS, f"{CODE}/{number:04}.jpg", photo, content_type="image/jpeg")
