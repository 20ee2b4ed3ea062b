"""Queues and servers: who waits, for how long, and how busy whoever serves is."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Generator
from typing import Any, Generic, TypeVar

import simpy

T = TypeVar("T")
Steps = Generator[simpy.Event, Any, None]

_MINUTE = 60.0


class Meter:
    """Seconds of work by the minute they were done in."""

    def __init__(self) -> None:
        self._minutes: dict[int, float] = {}
        self.total = 0.0

    def add(self, start: float, seconds: float) -> None:
        self.total += seconds
        minute = int(start // _MINUTE)
        while seconds > 0:
            here = min(seconds, (minute + 1) * _MINUTE - start)
            self._minutes[minute] = self._minutes.get(minute, 0.0) + here
            start, seconds, minute = (minute + 1) * _MINUTE, seconds - here, minute + 1

    def peak(self, minutes: int = 5) -> float:
        """The most work a second that so many minutes in a row saw."""
        work = self._minutes
        sums = (sum(work.get(minute - back, 0.0) for back in range(minutes)) for minute in work)
        return max(sums, default=0.0) / (minutes * _MINUTE)


class Servers:
    """`count` servers that take whoever comes first. With `turns`, nobody is served longer than that at a stretch.

    Where all of them work, each takes `crowded` times as long: cores share caches and memory.
    As service times are known when somebody comes, so is the end: one event a stretch, however long the queue.
    """

    def __init__(
        self,
        env: simpy.Environment,
        count: int,
        *,
        turns: float | None = None,
        crowded: float = 1.0,
        meter: Meter | None = None,
    ) -> None:
        self._env = env
        self._free = [0.0] * count
        self._turns = turns
        # What each other one at work adds.
        self._crowding = (crowded - 1) / (count - 1) if count > 1 else 0.0
        self.count = count
        self.meter = meter or Meter()
        self.waited = 0.0
        self.served = 0

    def serve(self, seconds: float) -> Steps:
        """Wait for a server, and then for it to have done `seconds` of work."""
        self.served += 1
        if self._turns is None:
            yield self._stretch(seconds)
            return
        while seconds > 0:
            yield self._stretch(min(seconds, self._turns))
            seconds -= self._turns

    def _stretch(self, seconds: float) -> simpy.Event:
        now = self._env.now
        start = max(now, self._free[0])
        if self._crowding:
            # The first is the one that serves.
            seconds *= 1 + self._crowding * sum(free > start for free in self._free[1:])
        heapq.heapreplace(self._free, start + seconds)
        self.waited += start - now
        self.meter.add(start, seconds)
        return self._env.timeout(start + seconds - now)


class Line(Generic[T]):
    """First come, first served; who asks for the next one waits for it, or is told that there is none."""

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._items: deque[tuple[T, float]] = deque()
        self._asking: deque[tuple[simpy.Event, object]] = deque()
        self._changed = 0.0
        self.came = 0
        self.waited = 0.0
        # The integral of its length over time.
        self.length_seconds = 0.0
        self.longest = 0

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T, *, urgent: bool = False) -> None:
        self.came += 1
        if self._asking:
            self._asking.popleft()[0].succeed(item)
            return
        self._note()
        (self._items.appendleft if urgent else self._items.append)((item, self._env.now))
        self.longest = max(self.longest, len(self._items))

    def next(self, asker: object) -> simpy.Event:
        """The next item; None where `asker` is sent away meanwhile."""
        asked = self._env.event()
        if self._items:
            self._note()
            item, since = self._items.popleft()
            self.waited += self._env.now - since
            asked.succeed(item)
        else:
            self._asking.append((asked, asker))
        return asked

    def send_away(self, asker: object) -> None:
        for asked, who in self._asking:
            if who is asker:
                asked.succeed(None)
        self._asking = deque(each for each in self._asking if each[1] is not asker)

    def _note(self) -> None:
        self.length_seconds += len(self._items) * (self._env.now - self._changed)
        self._changed = self._env.now
