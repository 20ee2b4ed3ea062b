"""When an event's people are made anew, as kanta_core/pipeline/people/recluster.py paces it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import simpy

from kanta_core.pipeline.people.recluster import PAUSE_FACTOR
from scale.queueing import Servers, Steps
from scale.replicas import App, Process
from scale.service_times import Curve


@dataclass(slots=True, eq=False)
class Photo:
    """One photo; times in seconds, 0 until it is so far."""

    event: Event
    came: float
    cost: float
    claimed: float = 0.0
    searchable: float = 0.0
    in_people: float = 0.0


@dataclass(slots=True, eq=False)
class Event:
    """An event's state, as its row has it."""

    faces: float = 0.0
    coming: int = 0
    due: float = 0.0
    asked: bool = False
    # Encoded since its people were made.
    new: list[Photo] = field(default_factory=list)


class Reclusters:
    """Asks for a recluster of the events that changed, every so often, and does it.

    While photos are on their way to an event, each recluster is followed by a pause nine times as long.
    """

    def __init__(
        self,
        env: simpy.Environment,
        app: App,
        database: Servers,
        *,
        every: float,
        seconds: Callable[[float], float],
        database_seconds: Curve,
        settled: Callable[[], None],
        urgent: bool = False,
    ) -> None:
        self.done = 0
        self.longest = 0.0
        self._env = env
        self._app = app
        self._database = database
        self._every = every
        self._seconds = seconds
        self._database_seconds = database_seconds
        self._settled = settled
        # Where photos stand in the same line, reclusters go before them.
        self._urgent = urgent
        # In order of change, so that a run depends on its seed alone.
        self._changed: dict[Event, None] = {}
        env.process(self._ask())

    @property
    def behind(self) -> int:
        """Events whose people do not reflect their faces yet."""
        return len(self._changed)

    def faces_changed(self, event: Event) -> None:
        self._changed[event] = None

    def _ask(self) -> Steps:
        while True:
            yield self._env.timeout(self._every)
            for event in self._changed:
                if not event.asked and (event.due <= self._env.now or not event.coming):
                    event.asked = True
                    self._app.line.put(partial(self._recluster, event=event), urgent=self._urgent)

    def _recluster(self, process: Process, event: Event) -> Steps:
        started, faces, read = self._env.now, event.faces, event.new
        event.new = []
        database = self._database_seconds.at(faces)
        yield from self._database.serve(database / 2)
        yield from process.compute(self._seconds(faces))
        yield from self._database.serve(database / 2)
        now = self._env.now
        for photo in read:
            photo.in_people = now
        event.asked = False
        event.due = now + PAUSE_FACTOR * (now - started)
        self.done += 1
        self.longest = max(self.longest, now - started)
        if not event.new:
            del self._changed[event]
            self._settled()
