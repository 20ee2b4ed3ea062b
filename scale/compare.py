"""`python -m scale.compare [--photos N] [--write]`: the model against the local stack, by one worker and by two.

The stack runs as `make run` does; the photos lie in storage before its functions start, as after an azcopy.
Service times are measured in the same minutes, through the same parts in one process, so that nothing that is to
be foretold goes into the foretelling. The encoder alone runs in one process and in one for each core besides: the
cores of one machine share more than its memory. `--write` writes what came of it into docs/scale.md, too.
Exits with 1 where the model is farther off than it is held to. Takes two to four minutes of a machine of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from bench.encoders import encoder
from bench.parties import parties
from bench.pipeline import PATIENCE_SECONDS, bare, data_dir, prepare
from bench.tables import show
from demo.service import read_env, serving
from devhost.config import Config
from devhost.preflight import free_ports
from scale.compared import BOUND, COMPARED, COMPARED_HEADS, Compared, Line
from scale.document import write_tables
from scale.local import local_flow
from scale.measure import SHARED, quick
from scale.outcome import Spread, simulate
from scale.service_times import ServiceTimes

if TYPE_CHECKING:
    from collections.abc import Iterator

_PHOTOS, _SIZE, _FACES = 100, (2_048, 1_536), (3, 2)
_WORKERS = (1, 2)
_ROOT = Path(__file__).parent.parent
# Photos that tell the pace of the moment, and what goes by it.
_MOMENT = 12
_PACED = ("encode", "around", "database", "storage")
# A sweep claims photos that have waited for this long, and their time to searchable would begin with that.
_NO_SWEEP = 3_600.0

_STATES = "SELECT count(*) FILTER (WHERE status = 'encoded') FROM images"
_TIMES = """
    SELECT extract(epoch FROM created_at)::float, extract(epoch FROM last_modified)::float FROM images
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """`photos_a_minute` from the first photo claimed to the last one encoded; each from claimed to searchable."""

    photos_a_minute: float
    searchable: Spread


def run(photos: int = _PHOTOS) -> Compared:
    """Prints the table."""
    with _environment(KANTA_ENGINE="onnx", KANTA_SWEEP_GRACE_SECONDS=str(round(_NO_SWEEP))):
        compared = _run(photos)
    show(compared.said, COMPARED_HEADS, compared.rows())
    return compared


def _run(photos: int) -> Compared:
    load = os.getloadavg()[0]
    _, brought = parties(photos, _SIZE, _FACES)
    measured, crowded = quick(), _crowded(brought)
    lines = []
    for workers in _WORKERS:
        before = _encodings(brought)
        ran = asyncio.run(_stack(brought, workers))
        encodings = before + _encodings(brought)
        times = _paced(measured, statistics.mean(encodings))
        spread = statistics.stdev(map(math.log, encodings))
        foretold = _foretold(photos, times, workers, crowded, spread)
        lines += [
            Line(
                what=f"{workers} workers: photos a minute", ran=ran.photos_a_minute, model=foretold.photos_a_minute
            ),
            Line(
                what=f"{workers} workers: claimed to searchable, p50, s",
                ran=ran.searchable.p50,
                model=foretold.searchable.p50,
            ),
            Line(
                what=f"{workers} workers: claimed to searchable, p95, s",
                ran=ran.searchable.p95,
                model=foretold.searchable.p95,
            ),
        ]
    return Compared(
        measured_on=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=measured.machine,
        load=round(load, 2),
        kind=SHARED,
        photos=photos,
        crowded=crowded,
        lines=tuple(lines),
    )


def _encodings(photos: Sequence[bytes]) -> list[float]:
    """Processor seconds that each of the first of these takes the encoder at this moment."""
    kanta = encoder()
    kanta.encode(photos[0])
    seconds = []
    for photo in photos[:_MOMENT]:
        started = time.process_time()
        kanta.encode(photo)
        seconds.append(time.process_time() - started)
    return seconds


def _paced(times: ServiceTimes, encoding: float) -> ServiceTimes:
    """The same at the pace that the machine has now: it is not the same from one minute to the next."""
    pace = encoding / times.photo(SHARED).encode
    photos = tuple(
        photo.model_copy(update={each: pace * getattr(photo, each) for each in _PACED}) for photo in times.photos
    )
    return times.model_copy(update={"photos": photos})


def _crowded(photos: Sequence[bytes]) -> float:
    """How much longer the encoder takes where it runs on every core at once."""
    each, cores = photos[: len(photos) // 4], len(os.sched_getaffinity(0))
    return max(1.0, bare(list(each) * cores, cores) / bare(each, 1)) if cores > 1 else 1.0


def _foretold(photos: int, times: ServiceTimes, workers: int, crowded: float, spread: float) -> Ran:
    config = Config.load(_ROOT, os.environ)
    flow = local_flow(
        photos,
        times,
        kind=SHARED,
        workers=workers,
        threads=config.threads,
        cores=len(os.sched_getaffinity(0)),
        recluster_every=_RECLUSTER_EVERY,
        crowded=crowded,
        spread=spread,
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
    parser.add_argument("--write", action="store_true", help="into compared.json and docs/scale.md, too")
    given = parser.parse_args()
    compared = run(given.photos)
    if given.write:
        COMPARED.write_text(compared.model_dump_json(indent=2) + "\n", encoding="utf-8")
        write_tables({"compared": compared.table()})
    sys.exit(1 if compared.off > BOUND else 0)


if __name__ == "__main__":
    main()
