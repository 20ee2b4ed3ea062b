"""Gatherings: who brings how many photos when, and who looks for themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gathering:
    """Events of one kind that go on at once: `photos` each, brought over `hours`.

    `bursts` says how: 0 is evenly; else that share comes in bursts of `burst` photos from one camera at the pace
    of a fast line, the rest evenly. `over_http` is the share that comes through Kanta's own upload instead of
    straight into storage. `kind` is the photos' kind among the service times.
    """

    name: str
    kind: str
    events: int
    photos: int
    hours: float
    searches: int
    over_http: float = 0.0
    bursts: float = 0.0
    burst: int = 1
    # Photos differ: the standard deviation of the logarithm of what one costs.
    spread: float = 0.3
    # Photos that each event has already.
    before: int = 0
    said: str = ""

    @property
    def all_photos(self) -> int:
        return self.events * self.photos

    def arrivals(self, random: np.random.Generator) -> tuple[Times, NDArray[np.intp]]:
        """When photos have come, in seconds, rising, and to which event each."""
        span = 3_600.0 * self.hours
        count = self.all_photos
        when = random.uniform(0, span, count)
        many = int(count * self.bursts) // self.burst
        if many:
            starts = random.uniform(0, 0.95 * span, many)
            within = _BURST_SECONDS * np.arange(self.burst)
            when[: many * self.burst] = (starts[:, None] + within).ravel()
        event = random.permutation(np.arange(count) % self.events)
        order = np.argsort(when, kind="stable")
        return when[order], event[order]

    def looks(self, random: np.random.Generator) -> tuple[Times, NDArray[np.intp]]:
        """When somebody looks for themselves, and in which event: from the first hour's half on, to its end."""
        span = 3_600.0 * self.hours
        when = np.sort(random.uniform(min(1_800.0, span / 2), span, self.searches * self.events))
        return when, random.integers(self.events, size=len(when))


# Between two photos that one camera's card sends.
_BURST_SECONDS = 0.5

DINNER = Gathering(
    "dinner",
    said="300 photos from phones over four hours, all through the upload; 40 guests",
    kind="3 MP, 6 people",
    events=1,
    photos=300,
    hours=4,
    searches=40,
    over_http=1.0,
)
WEDDING = Gathering(
    "wedding",
    said="5,000 photos over eight hours, half of them from two cameras' cards in bursts of 500; 150 guests",
    kind="12 MP, 8 people",
    events=1,
    photos=5_000,
    hours=8,
    searches=150,
    bursts=0.5,
    burst=500,
)
MARATHON = Gathering(
    "marathon",
    said="200,000 photos in four hours straight into storage, 30,000 runners, each of whom looks once",
    kind="12 MP, 3 people",
    events=1,
    photos=200_000,
    hours=4,
    searches=30_000,
    bursts=0.3,
    burst=200,
)
EVENINGS = Gathering(
    "10,000 events",
    kind="3 MP, 6 people",
    events=10_000,
    photos=30,
    hours=1 / 3,
    searches=3,
    over_http=0.5,
    before=100,
    said="10,000 dinners at once, 20 of their busiest minutes: 30 photos of each, half through the upload",
)
ALL = (DINNER, WEDDING, MARATHON, EVENINGS)
