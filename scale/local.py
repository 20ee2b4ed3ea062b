"""The dev host's machine instead of a cloud: workers, PostgreSQL and Azurite take turns on the same cores."""

from __future__ import annotations

from scale.flow import Flow
from scale.gatherings import Gathering
from scale.queueing import Servers
from scale.region import HERE
from scale.service_times import ServiceTimes
from scale.sizes import AppSize, DatabaseSize, Size

# How long a process has a core before the next one's turn. A guess at Linux's; half or twice as much is the same.
_TURN = 0.005
# The dev host's own process for one blob: its listing, its journal, the call into a worker and a line of the log.
# Measured over a run of 66 photos.
_HOST = 0.009


def local_flow(
    photos: int,
    times: ServiceTimes,
    *,
    kind: str,
    workers: int,
    threads: int,
    cores: int,
    recluster_every: float,
    crowded: float = 1.0,
    spread: float = 0.0,
) -> Flow:
    """So many photos, all of them in storage before the first worker looks, in one event.

    `threads` is PYTHON_THREADPOOL_THREAD_COUNT, `recluster_every` KANTA_RECLUSTER_SCHEDULE in seconds,
    `crowded` how much longer everything takes while all cores work, `spread` is the photos' own.
    """
    there = Gathering("here", kind=kind, events=1, photos=photos, hours=0.0, searches=0, spread=spread)
    app = AppSize(
        cores=cores, memory=0, processes=workers, places=threads, connections=threads, target=1, least=1, most=1
    )
    size = Size(
        "here",
        http=app,
        encode=app,
        recluster=app,
        database=DatabaseSize("embedded", cores=cores, connections=100),
        recluster_every=recluster_every,
        cores=cores,
    )
    return Flow(
        there,
        size,
        _with_host(times),
        region=HERE,
        shared=lambda env: Servers(env, cores, turns=_TURN, crowded=crowded),
    )


def _with_host(times: ServiceTimes) -> ServiceTimes:
    """The same where storage does the host's work, too: neither is done in a worker."""
    photos = tuple(photo.model_copy(update={"storage": photo.storage + _HOST}) for photo in times.photos)
    return times.model_copy(update={"photos": photos})
