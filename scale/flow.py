"""The flow: photos come, are encoded, become people and are searched, all of it in simulated time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import simpy

from scale.gatherings import Gathering, Times
from scale.people import Event, Photo, Reclusters
from scale.queueing import Meter, Servers, Steps
from scale.region import Region
from scale.replicas import App, Process
from scale.service_times import ServiceTimes
from scale.sizes import AppSize, Size

_SELFIE = "3 MP, 1 person"
# Seconds of simulated time after which something must have gone wrong.
_PATIENCE = 7 * 86_400.0


class Flow:
    """One run. `run` it, then read `photos`, `apps`, `database` and the rest.

    Each process has a core of its own, and so has the database; or all take turns on `shared`, as on a laptop.
    """

    def __init__(
        self,
        gathering: Gathering,
        size: Size,
        times: ServiceTimes,
        *,
        region: Region,
        seed: int = 0,
        shared: Callable[[simpy.Environment], Servers] | None = None,
    ) -> None:
        self.env = env = simpy.Environment()
        self.gathering, self.size, self.region = gathering, size, region
        self._times, self._kind, self._selfie = times, times.photo(gathering.kind), times.photo(_SELFIE)
        self._random = np.random.default_rng(seed)
        self._shared = shared(env) if shared is not None else None
        self.database = self._shared or Servers(env, size.database.cores)
        self.photos: list[Photo] = []
        self.search_seconds: list[float] = []
        self.most_connections = 0
        self.most_cores = 0.0
        self.finished_at = 0.0
        self._open = gathering.all_photos + gathering.searches * gathering.events
        self._events = [Event(gathering.before * self._kind.faces) for _ in range(gathering.events)]
        self._done = env.event()
        self._make_apps()
        self.reclusters = Reclusters(
            env,
            self.recluster,
            self.database,
            every=size.recluster_every,
            seconds=times.recluster.at,
            database_seconds=times.recluster_database,
            settled=self._settle,
            urgent=self._shared is not None,
        )

    def _make_apps(self) -> None:
        self.apps: dict[str, App] = {}
        self.encode = self._app(self.size.encode)
        if self._shared is not None:
            # One machine's workers do everything; HTTP has a process of its own, which is not asked for anything.
            self.http = self.recluster = self.encode
            self.apps = {"encode": self.encode}
            return
        self.http, self.recluster = self._app(self.size.http), self._app(self.size.recluster)
        self.apps = {"http": self.http, "encode": self.encode, "recluster": self.recluster}

    def _app(self, size: AppSize) -> App:
        return App(
            self.env,
            size,
            rule=self.size.rule,
            cold_start=self.region.cold_start,
            process=self._process,
            changed=self._count,
            has_room=lambda cores: self._cores() + cores <= self.size.cores,
        )

    def _process(self, meter: Meter) -> Process:
        if self._shared is not None:
            return Process(self._shared, simpy.Resource(self.env, 1))
        return Process(Servers(self.env, 1, meter=meter))

    def _cores(self) -> float:
        return sum(app.replicas * app.size.cores for app in self.apps.values())

    def _count(self) -> None:
        """At most: a process opens a connection for each of its places, and keeps it for two minutes."""
        apps = self.apps.values()
        now = sum(app.replicas * app.size.processes * min(app.size.places, app.size.connections) for app in apps)
        self.most_connections = max(self.most_connections, now)
        self.most_cores = max(self.most_cores, self._cores())

    def run(self) -> None:
        """To the last photo that is found under its person, and on until the replicas it took are gone."""
        self._count()
        gathering = self.gathering
        self.env.process(self._bring(*gathering.arrivals(self._random)))
        self.env.process(self._look(*gathering.looks(self._random)))
        self.env.run(until=self._done | self.env.timeout(_PATIENCE))
        assert self._done.triggered, f"the {gathering.name} was not over after a week: {self._open} are open"
        self.finished_at = self.env.now
        rule = self.size.rule
        if any(app.size.most > app.size.least for app in self.apps.values()):
            self.env.run(until=self.env.now + rule.after + 2 * rule.every)

    def _settle(self) -> None:
        if not self._open and not self.reclusters.behind and not self._done.triggered:
            self._done.succeed()

    def _close_one(self) -> None:
        self._open -= 1
        self._settle()

    def _bring(self, when: Times, events: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Steps:
        costs = self._random.lognormal(-(self.gathering.spread**2) / 2, self.gathering.spread, len(when)).tolist()
        uploaded = (self._random.random(len(when)) < self.gathering.over_http).tolist()
        delays = self._random.exponential(self.region.delivery, len(when)).tolist()
        for at, number, cost, over_http, delay in zip(
            when.tolist(), events.tolist(), costs, uploaded, delays, strict=True
        ):
            if at > self.env.now:
                yield self.env.timeout(at - self.env.now)
            event = self._events[number]
            event.coming += 1
            photo = Photo(event, self.env.now, cost)
            self.photos.append(photo)
            if over_http:
                self.http.line.put(partial(self._upload, photo=photo, delay=delay))
            else:
                self._deliver(photo, delay)

    def _deliver(self, photo: Photo, delay: float) -> None:
        job = partial(self._encode, photo=photo)
        arrived = self.env.timeout(delay)
        assert arrived.callbacks is not None
        arrived.callbacks.append(lambda _: self.encode.line.put(job))

    def _upload(self, process: Process, photo: Photo, delay: float) -> Steps:
        kind, region = self._kind, self.region
        yield from process.compute(kind.upload)
        yield from self.database.serve(kind.upload_database)
        yield self.env.timeout(region.reading(kind.megabytes))
        photo.came = self.env.now
        self._deliver(photo, delay)

    def _encode(self, process: Process, photo: Photo) -> Steps:
        kind, region, event = self._kind, self.region, photo.event
        seconds = photo.cost * (kind.encode + kind.around)
        if self._shared is not None:
            # What surrounds the encoder has a core of its own where one is free.
            seconds -= kind.around
            yield from self._shared.serve(kind.around / 2 + kind.storage / (kind.faces + 2))
        yield self.env.timeout(region.reading(kind.megabytes))
        yield from self.database.serve(kind.database / 2)
        photo.claimed = self.env.now
        if not process.has_encoder:
            process.has_encoder, seconds = True, seconds + self._times.start.encoder
        yield from process.encode(seconds)
        if self._shared is not None:
            yield from self._shared.serve(kind.around / 2 + kind.storage * (kind.faces + 1) / (kind.faces + 2))
        yield self.env.timeout(region.keeping(kind.faces))
        joining = kind.faces * self._times.join_database.at(event.faces) if event.faces else 0.0
        yield from self.database.serve(kind.database / 2 + joining)
        photo.searchable = self.env.now
        event.faces += kind.faces
        event.coming -= 1
        event.new.append(photo)
        self.reclusters.faces_changed(event)
        self._close_one()

    def _look(self, when: Times, events: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Steps:
        for at, number in zip(when.tolist(), events.tolist(), strict=True):
            yield self.env.timeout(max(0.0, at - self.env.now))
            self.http.line.put(partial(self._search, event=self._events[number], asked=self.env.now))

    def _search(self, process: Process, event: Event, asked: float) -> Steps:
        seconds = self._selfie.encode
        if not process.has_encoder:
            process.has_encoder, seconds = True, seconds + self._times.start.encoder
        yield from process.encode(seconds + self._times.search.at(event.faces))
        yield from self.database.serve(self._times.search_database.at(event.faces))
        yield self.env.timeout(self.region.claim_statements * self.region.statement)
        self.search_seconds.append(self.env.now - asked)
        self._close_one()
