"""What came of a run: how fast, how soon, how many, and what was full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scale.flow import Flow

# A part that works this share of the time for five minutes makes others wait.
_FULL = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Seconds: what half of them stay below, and what 95 % do."""

    p50: float
    p95: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        if not seconds:
            return cls(0.0, 0.0)
        p50, p95 = np.quantile(seconds, (0.5, 0.95)).tolist()
        return cls(p50, p95)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`busiest` is how much of what each part can be at most was at work in its busiest five minutes."""

    photos: int
    seconds: float
    photos_a_minute: float
    searchable: Spread
    in_people: Spread
    search: Spread
    reclusters: int
    longest_recluster: float
    cold_starts: int
    most_replicas: dict[str, int]
    replica_seconds: dict[str, float]
    most_connections: int
    busiest: dict[str, float]

    @property
    def full(self) -> list[str]:
        """The parts that were at their limit."""
        return [part for part, share in self.busiest.items() if share >= _FULL]


def simulate(flow: Flow) -> Outcome:
    """Run it, and say what came of it."""
    flow.run()
    photos = flow.photos
    last = max(photo.searchable for photo in photos)
    busiest = {name: app.meter.peak() / (app.size.most * app.size.processes) for name, app in flow.apps.items()}
    busiest["database"] = flow.database.meter.peak() / flow.database.count
    busiest["environment"] = flow.most_cores / flow.size.cores
    busiest["connections"] = flow.most_connections / flow.size.database.connections
    return Outcome(
        photos=len(photos),
        seconds=last - photos[0].came,
        photos_a_minute=60 * len(photos) / (last - photos[0].came),
        searchable=Spread.of([photo.searchable - photo.came for photo in photos]),
        in_people=Spread.of([photo.in_people - photo.came for photo in photos]),
        search=Spread.of(flow.search_seconds),
        reclusters=flow.reclusters.done,
        longest_recluster=flow.reclusters.longest,
        cold_starts=sum(app.cold_starts for app in flow.apps.values()),
        most_replicas={name: app.most_replicas for name, app in flow.apps.items()},
        replica_seconds={name: app.replica_seconds() for name, app in flow.apps.items()},
        most_connections=flow.most_connections,
        busiest=busiest,
    )
