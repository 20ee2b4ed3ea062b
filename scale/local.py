"""The dev host's machine instead of a cloud: workers, PostgreSQL and Azurite take turns on the same cores."""

from __future__ import annotations

import simpy

from scale.flow import Flow
from scale.gatherings import Gathering
from scale.queueing import Servers
from scale.region import HERE
from scale.service_times import ServiceTimes
from scale.sizes import AppSize, DatabaseSize, Size

# How long a process has a core before the next one's turn. A guess at Linux's; half or twice as much is the same.
_TURN = 0.005


def local_flow(
    photos: int, times: ServiceTimes, *, kind: str, workers: int, threads: int, cores: int, recluster_every: float
) -> Flow:
    """So many photos, all of them in storage before the first worker looks, in one event.

    `threads` is PYTHON_THREADPOOL_THREAD_COUNT, `recluster_every` KANTA_RECLUSTER_SCHEDULE in seconds.
    """
    there = Gathering("here", kind=kind, events=1, photos=photos, hours=0.0, searches=0, spread=0.0)
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
    )
    return Flow(
        there,
        size,
        times,
        region=HERE,
        shared=lambda env: _machine(env, cores),
    )


def _machine(env: simpy.Environment, cores: int) -> Servers:
    return Servers(env, cores, turns=_TURN)
