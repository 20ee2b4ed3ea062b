"""`python -m scale.measure [--quick]`: measures service times through the real parts and writes them down.

A real PostgreSQL, a real Azurite and the pipeline's own verbs in this one process, one call after the other; what
is counted is processor time, so that what else the machine does counts for little. Takes two to three minutes;
`--quick` measures what `scale.compare` needs, in half a minute, and writes nothing. Linux only.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import psycopg
from pydantic import SecretStr
from threadpoolctl import threadpool_limits

from bench.encoding import stages
from bench.parties import parties
from bench.pipeline import data_dir
from devhost.azurite import Azurite
from devhost.postgres import Postgres
from kanta_core.database.migrate import migrate_up
from kanta_core.domain.faces import Encoding
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.upload import upload
from kanta_core.services import Services, build
from kanta_core.settings import Settings
from kanta_core.storage.names import PHOTOS
from scale.measure_events import create_event, event_times
from scale.processor_time import spent_by
from scale.service_times import FACES, RECORD, Photo, ServiceTimes, Start

Program = Literal["worker", "postgres", "azurite"]

# As phones send photos, a face held into a phone, and as cameras make photos.
SHARED, SELFIE = "3 MP, 6 people", "3 MP, 1 person"
_PHONE, _CAMERA = (2_048, 1_536), (4_000, 3_000)
_KINDS = {
    SHARED: (_PHONE, (3, 2)),
    SELFIE: (_PHONE, (1, 1)),
    "12 MP, 3 people": (_CAMERA, (3, 1)),
    "12 MP, 8 people": (_CAMERA, (4, 2)),
    "12 MP, 30 people": (_CAMERA, (6, 5)),
}
# Dropped into storage and encoded, the first of them to warm up; and uploaded.
_DROPPED, _WARM, _UPLOADED = 26, 2, 16
_QUICK_FACES = (300, 1_200)
_EVENT = "measured"


def measure(kinds: Sequence[str] = tuple(_KINDS), faces: Sequence[int] = FACES) -> ServiceTimes:
    """What this machine takes now, for these kinds of photos and for events of so many faces."""
    load = os.getloadavg()[0]
    with _parts() as (services, url), threadpool_limits(1, user_api="blas"):
        create_event(services, _EVENT)
        photos = tuple(_photo_times(services, url, kind) for kind in kinds)
        curves = event_times(services, url, faces)
    return ServiceTimes(
        measured_on=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=f"{os.cpu_count()} × {_processor()}",
        load=round(load, 2),
        start=Start(app=_fresh("import function_app"), encoder=_rounded(_fresh(_LOAD) - _fresh(""))),
        photos=photos,
        **curves,
    )


@contextmanager
def _parts() -> Iterator[tuple[Services, str]]:
    """Kanta's services on a PostgreSQL and an Azurite of their own, and the database's URL."""
    with (
        tempfile.TemporaryDirectory(prefix="scale-", dir=data_dir()) as folder,
        Postgres(Path(folder) / "postgres", database="kanta") as postgres,
        Azurite(Path(folder) / "azurite") as azurite,
    ):
        migrate_up(postgres.url)
        settings = Settings(
            database_url_given=SecretStr(postgres.url),
            storage_connection=SecretStr(azurite.connection_string()),
            access="open",
        )
        with closing(build(settings)) as services:
            services.blobs.create_containers()
            yield services, postgres.url


def _photo_times(services: Services, url: str, kind: str) -> Photo:
    size, faces = _KINDS[kind]
    _, photos = parties(_DROPPED + _UPLOADED, size, faces)
    dropped, uploaded = photos[:_DROPPED], photos[_DROPPED:]
    names = [f"{_EVENT}/{kind}/{number:03}.jpg" for number in range(_DROPPED)]
    for name, photo in zip(names, dropped, strict=True):
        services.blobs.write(PHOTOS, name, photo, content_type="image/jpeg")
    timed = _Timed(services.settings, services.database, services.blobs, services.queues, services.galleries)
    for name in names[:_WARM]:
        encode(timed, name)
    before, timed.encoding = _commits(url), 0.0
    whole = _spent([lambda name=name: encode(timed, name) for name in names[_WARM:]])  # type: ignore[misc]  # mypy infers no lambda with a default
    transactions = (_commits(url) - before) / (_DROPPED - _WARM)
    encoding = timed.encoding / (_DROPPED - _WARM)
    taken = _spent([lambda photo=photo: upload(services, _EVENT, photo, file_name=None) for photo in uploaded])  # type: ignore[misc]  # as above
    found = sum(len(services.encode(photo).faces) for photo in dropped[:_WARM]) / _WARM
    return Photo(
        name=kind,
        faces=found,
        megabytes=_rounded(sum(map(len, photos)) / len(photos) / 1e6),
        stages={stage: _rounded(ms / 1000) for stage, ms in stages(dropped[0])},
        encode=_rounded(encoding),
        around=_rounded(whole["worker"] - encoding),
        database=whole["postgres"],
        storage=whole["azurite"],
        transactions=_rounded(transactions),
        upload=taken["worker"],
        upload_database=taken["postgres"],
    )


class _Timed(Services):
    """Kanta's services, and the processor seconds that the encoder among them has had."""

    encoding = 0.0

    def encode(self, data: bytes) -> Encoding:
        started = time.process_time()
        found = super().encode(data)
        self.encoding += time.process_time() - started
        return found


def _spent(work: Sequence[Callable[[], object]]) -> dict[Program, float]:
    """Processor seconds a piece of work costs, by whose they are; the mean."""
    servers: tuple[Program, ...] = ("postgres", "azurite")
    before = {server: spent_by(server) for server in servers}
    started = time.process_time()
    for piece in work:
        piece()
    own = time.process_time() - started
    spent: dict[Program, float] = {
        server: _rounded((spent_by(server) - before[server]) / len(work)) for server in servers
    }
    return {"worker": _rounded(own / len(work)), **spent}


def _rounded(seconds: float) -> float:
    return round(seconds, 5)


def _commits(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_clear_snapshot()")
        # What other sessions did is told a second late at most.
        time.sleep(1.1)
        row = connection.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row is not None
    return int(row[0])


_LOAD = "from kanta_core.vision.encoder import FaceEncoder; FaceEncoder(max_pixels=64_000_000)"


def _fresh(code: str) -> float:
    """Processor seconds of a new process that runs this, best of 3."""
    # The app is not asked anything: it only has to be willing to start.
    environment = {**os.environ, "KANTA_ACCESS": "open", "OPENBLAS_NUM_THREADS": "1", "KANTA_ORGANISER_KEY": ""}
    spent = []
    for _ in range(3):
        before = os.times()
        subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=120)  # noqa: S603 - our own code
        after = os.times()
        spent.append(after.children_user + after.children_system - before.children_user - before.children_system)
    return _rounded(min(spent))


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())


def quick() -> ServiceTimes:
    """What `scale.compare` needs."""
    return measure((SHARED, SELFIE), _QUICK_FACES)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scale.measure", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="photos of 3 MP and small events only, printed")
    if parser.parse_args().quick:
        sys.stdout.write(quick().model_dump_json(indent=2) + "\n")
    else:
        RECORD.write_text(measure().model_dump_json(indent=2) + "\n", encoding="utf-8")
        sys.stdout.write(f"written to {RECORD}\n")


if __name__ == "__main__":
    main()
