"""Replicas: an app's containers, which come and go with what waits for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Any

import simpy

from scale.queueing import Line, Meter, Servers, Steps
from scale.sizes import AppSize, ScaleRule


class Process:
    """A worker process: it has a core, and encodes one photo at a time."""

    def __init__(self, core: Servers, turn: simpy.Resource | None = None) -> None:
        self._core = core
        self._turn = turn
        self.has_encoder = False

    def compute(self, seconds: float) -> Steps:
        return self._core.serve(seconds)

    def encode(self, seconds: float) -> Steps:
        """The same, one at a time. A core of its own serves one at a time anyway."""
        if self._turn is None:
            yield from self._core.serve(seconds)
        else:
            with self._turn.request() as turn:
                yield turn
                yield from self._core.serve(seconds)


# What is to be done, in a process.
Job = Callable[[Process], Steps]


class _Replica:
    def __init__(self, processes: list[Process], places: int, started: float) -> None:
        self.processes = processes
        self.working = places * len(processes)
        self.started = started
        self.ending = False


class App:
    """One container app: a queue of jobs, and replicas that do them.

    Those of `size.least` are there from the beginning. `process` makes a replica's processes, `has_room` says
    whether the environment has so many cores left.
    """

    def __init__(
        self,
        env: simpy.Environment,
        size: AppSize,
        *,
        rule: ScaleRule,
        cold_start: float,
        process: Callable[[Meter], Process],
        changed: Callable[[], None] = lambda: None,
        has_room: Callable[[float], bool] = lambda _: True,
    ) -> None:
        self.size = size
        self.line: Line[Job] = Line(env)
        # What its processes work.
        self.meter = Meter()
        self.cold_starts = 0
        self.most_replicas = 0
        self.in_work = 0
        self._env = env
        self._rule = rule
        self._cold_start = cold_start
        self._process = process
        self._changed = changed
        self._has_room = has_room
        self._replicas: list[_Replica] = []
        self._coming = 0
        self._ended_seconds = 0.0
        self._wanted: deque[tuple[float, int]] = deque()
        for _ in range(size.least):
            self._add()
        env.process(self._scale())

    @property
    def replicas(self) -> int:
        """How many are paid for: those that start count."""
        return len(self._replicas) + self._coming

    def replica_seconds(self) -> float:
        """Seconds that replicas were there until now."""
        return self._ended_seconds + sum(self._env.now - replica.started for replica in self._replicas)

    def _scale(self) -> Steps:
        while self.size.most > self.size.least:
            yield self._env.timeout(self._rule.every)
            wanted = self._steady(self._wanted_now())
            now = self.replicas
            for _ in range(now, wanted):
                if not self._has_room(self.size.cores):
                    break
                self._start()
            for replica in self._replicas[wanted:] if wanted < now else ():
                self._end(replica)

    def _wanted_now(self) -> int:
        waiting = len(self.line) + self.in_work
        now = self.replicas
        step = 1 if now == 0 else 4 if now == 1 else 2 * now
        return max(self.size.least, min(ceil(waiting / self.size.target), step, self.size.most))

    def _steady(self, wanted: int) -> int:
        """The most that was wanted lately: replicas go late."""
        now = self._env.now
        self._wanted.append((now, wanted))
        while self._wanted[0][0] < now - self._rule.after:
            self._wanted.popleft()
        return max(each for _, each in self._wanted)

    def _start(self) -> None:
        self.cold_starts += 1
        self._coming += 1
        self._note()
        self._env.process(self._come(self._env.now))

    def _come(self, paid_from: float) -> Steps:
        yield self._env.timeout(self._cold_start)
        self._coming -= 1
        self._add(paid_from)

    def _add(self, paid_from: float = 0.0) -> None:
        replica = _Replica(
            [self._process(self.meter) for _ in range(self.size.processes)], self.size.places, paid_from
        )
        self._replicas.append(replica)
        self._note()
        for process in replica.processes:
            for _ in range(self.size.places):
                self._env.process(self._place(replica, process))

    def _end(self, replica: _Replica) -> None:
        replica.ending = True
        self.line.send_away(replica)

    def _place(self, replica: _Replica, process: Process) -> Steps:
        while not replica.ending:
            job: Any = yield self.line.next(replica)
            if job is None:
                break
            self.in_work += 1
            yield from job(process)
            self.in_work -= 1
        replica.working -= 1
        if not replica.working:
            self._replicas.remove(replica)
            self._ended_seconds += self._env.now - replica.started
            self._note()

    def _note(self) -> None:
        self.most_replicas = max(self.most_replicas, self.replicas)
        self._changed()
