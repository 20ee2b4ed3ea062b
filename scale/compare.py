"""`python -m scale.compare [--photos N]`: the model against the local stack, with one worker and with two.

The stack runs as `make run` does; the photos lie in storage before its functions start, as after an azcopy.
Service times are measured in the same minutes, through the same parts in one process, so that nothing that is to
be foretold goes into the foretelling. The encoder alone runs in one process and in two besides: two processes of
one machine share more than its cores. Takes three to four minutes with nothing else running.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from bench.parties import parties
from bench.pipeline import PATIENCE_SECONDS, bare, data_dir, prepare
from bench.tables import show
from demo.service import read_env, serving
from devhost.config import Config
from devhost.preflight import free_ports
from scale.local import local_flow
from scale.measure import SHARED, quick
from scale.outcome import Spread, simulate
from scale.service_times import ServiceTimes

if TYPE_CHECKING:
    from collections.abc import Iterator

_PHOTOS, _SIZE, _FACES = 100, (2_048, 1_536), (3, 2)
_WORKERS = (1, 2)
_ROOT = Path(__file__).parent.parent
# Not more than this: what the model is held to.
BOUND = 0.2

_STATES = "SELECT count(*) FILTER (WHERE status = 'encoded') FROM images"
_TIMES = """
    SELECT extract(epoch FROM created_at)::float, extract(epoch FROM last_modified)::float FROM images
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """`photos_a_minute` from the first photo claimed to the last one encoded; each from claimed to searchable."""

    photos_a_minute: float
    searchable: Spread


def run(photos: int = _PHOTOS) -> None:
    """Prints the table."""
    with _environment(KANTA_ENGINE="onnx"):
        _run(photos)


def _run(photos: int) -> None:
    _, brought = parties(photos, _SIZE, _FACES)
    before = quick()
    alone = bare(brought[: photos // 2], 1)
    rows = []
    for workers in _WORKERS:
        together = bare(brought[: photos // 2 * workers], workers) if workers > 1 else alone
        times = _slowed(before, together / alone)
        ran = asyncio.run(_stack(brought, workers))
        foretold = _foretold(photos, times, workers)
        for what, real, model in (
            ("photos a minute", ran.photos_a_minute, foretold.photos_a_minute),
            ("claimed to searchable, p50, s", ran.searchable.p50, foretold.searchable.p50),
            ("claimed to searchable, p95, s", ran.searchable.p95, foretold.searchable.p95),
        ):
            rows.append((f"{workers} workers: {what}", real, model, f"{model / real - 1:+.0%}"))
    busy = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"
    show(
        f"the model against the local stack, {photos} photos of {SHARED} ({busy}; held to {BOUND:.0%})",
        ("", "ran", "model", "off by"),
        rows,
    )


def _slowed(times: ServiceTimes, factor: float) -> ServiceTimes:
    """The same photos where the encoder takes so many times as long."""
    slowed = tuple(photo.model_copy(update={"encode": photo.encode * factor}) for photo in times.photos)
    return times.model_copy(update={"photos": slowed})


def _foretold(photos: int, times: ServiceTimes, workers: int) -> Ran:
    config = Config.load(_ROOT, os.environ)
    flow = local_flow(
        photos,
        times,
        kind=SHARED,
        workers=workers,
        threads=config.threads,
        cores=len(os.sched_getaffinity(0)),
        recluster_every=_RECLUSTER_EVERY,
    )
    simulate(flow)
    return _ran([(photo.claimed, photo.searchable) for photo in flow.photos])


# KANTA_RECLUSTER_SCHEDULE of local.settings.sample.json.
_RECLUSTER_EVERY = 4.0


async def _stack(photos: Sequence[bytes], workers: int) -> Ran:
    with tempfile.TemporaryDirectory(prefix="scale-", dir=data_dir()) as folder:
        place = Path(folder)
        prepare(photos, place)
        port = free_ports(1)[0]
        with _environment(
            KANTA_DATA_DIR=str(place), KANTA_PORT=str(port), FUNCTIONS_WORKER_PROCESS_COUNT=str(workers)
        ):
            async with serving(f"http://localhost:{port}", place) as service:
                deadline = time.monotonic() + PATIENCE_SECONDS
                with psycopg.connect(read_env(place / "env")["KANTA_DATABASE_URL"], autocommit=True) as connection:
                    while True:
                        service.child.check_alive()
                        row = connection.execute(_STATES).fetchone()
                        assert row is not None
                        if row[0] == len(photos):
                            return _ran(connection.execute(_TIMES).fetchall())
                        if time.monotonic() > deadline:
                            raise TimeoutError(
                                f"waited {PATIENCE_SECONDS:.0f} s for {len(photos)} photos: {row[0]} are encoded"
                            )
                        await asyncio.sleep(0.5)


def _ran(photos: Sequence[tuple[float, float]]) -> Ran:
    first, last = min(claimed for claimed, _ in photos), max(searchable for _, searchable in photos)
    spread = Spread.of([searchable - claimed for claimed, searchable in photos])
    return Ran(60 * len(photos) / (last - first), spread)


@contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scale.compare", description=__doc__)
    parser.add_argument("--photos", type=int, default=_PHOTOS)
    run(parser.parse_args().photos)


if __name__ == "__main__":
    main()
