"""The model of the flow: nothing is lost, more is never slower, and what is full shows."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
import simpy

from scale.flow import Flow
from scale.local import local_flow
from scale.outcome import simulate
from scale.people import Event, Photo, Reclusters
from scale.queueing import Servers, Steps
from scale.region import HERE, Region
from scale.replicas import App, Process
from scale.sizes import ScaleRule
from tests.scale.times import KIND, gathering, service_times, size


def test_every_photo_is_found_and_ends_in_people() -> None:
    flow = Flow(gathering(events=3, photos=70), size(least=0), service_times(), region=Region())
    simulate(flow)
    assert len(flow.photos) == 210
    assert all(0 < photo.came < photo.claimed < photo.searchable < photo.in_people for photo in flow.photos)
    assert len(flow.search_seconds) == 30
    assert sum(photo.event.coming for photo in flow.photos) == 0
    assert {event.faces for event in (photo.event for photo in flow.photos)} == {70 * 6.0}
    assert all(not len(app.line) and not app.in_work for app in flow.apps.values())


def test_littles_law_holds_in_the_queue_of_what_is_to_be_encoded() -> None:
    flow = Flow(gathering(hours=1 / 60), size(workers=1), service_times(), region=Region())
    flow.run()
    line = flow.encode.line
    assert line.came == 200
    # The photos' own times tell how long they waited: no wait is more than the queue's sum has it.
    waits = sum(photo.claimed - photo.came for photo in flow.photos)
    assert 0 < line.length_seconds <= waits
    assert line.length_seconds == pytest.approx(line.waited)


def test_the_same_seed_gives_the_same_run_and_another_another() -> None:
    def run(seed: int) -> object:
        return simulate(Flow(gathering(), size(least=0), service_times(), region=Region(), seed=seed))

    assert run(7) == run(7)
    assert run(7) != run(8)


def test_more_workers_never_make_it_slower() -> None:
    # More than eight can do. Each worker loads the encoder with its first photo, which would be more of those.
    times = service_times(encode=1.0, encoder_start=0.0)
    outcomes = [
        simulate(Flow(gathering(photos=600, hours=1 / 60), size(workers=workers), times, region=Region()))
        for workers in (1, 2, 4, 8)
    ]
    for fewer, more in pairwise(outcomes):
        assert more.searchable.p95 <= fewer.searchable.p95
        assert more.searchable.p50 <= fewer.searchable.p50
        assert more.photos_a_minute >= fewer.photos_a_minute
    assert outcomes[-1].searchable.p95 < outcomes[0].searchable.p95 / 5


def test_workers_that_are_too_few_show_as_full() -> None:
    its = gathering(photos=1_500)
    outcome = simulate(Flow(its, size(workers=1), service_times(encode=0.6), region=Region()))
    assert outcome.full == ["encode"]
    # One worker's pace, whatever comes.
    assert outcome.photos_a_minute == pytest.approx(60 / 0.6, rel=0.05)
    assert simulate(Flow(its, size(workers=4), service_times(encode=0.6), region=Region())).full == []


def test_a_database_that_is_too_small_shows_as_full() -> None:
    slow = service_times(encode=0.05, database=1.0)
    outcome = simulate(Flow(gathering(photos=1_500), size(database=1), slow, region=Region()))
    assert outcome.full == ["database"]
    assert outcome.photos_a_minute < 60


def test_replicas_come_with_what_waits_and_go_when_nothing_does() -> None:
    flow = Flow(gathering(hours=1 / 60), size(workers=8, least=0), service_times(encode=2.0), region=Region())
    outcome = simulate(flow)
    assert outcome.most_replicas["encode"] == 8
    assert outcome.cold_starts >= 8
    assert flow.encode.replicas == 0
    # Each was there for its work and the five minutes after it at least.
    assert outcome.replica_seconds["encode"] > 8 * 300


def test_replicas_do_not_start_where_the_environment_has_no_cores_left() -> None:
    its = size(workers=8, least=0, cores=5)
    flow = Flow(gathering(hours=1 / 60), its, service_times(encode=2.0), region=Region())
    outcome = simulate(flow)
    # One each is for HTTP and reclusters.
    assert outcome.most_replicas["encode"] == 3
    assert outcome.busiest["environment"] == 1.0
    assert "environment" in outcome.full
    assert all(photo.searchable for photo in flow.photos)


def test_reclusters_with_a_line_of_their_own_are_done_in_the_order_they_were_asked_for() -> None:
    env = simpy.Environment()
    one = replace(size().recluster, places=1)
    app = App(
        env, one, rule=ScaleRule(), cold_start=0.0, process=lambda meter: Process(Servers(env, 1, meter=meter))
    )
    none = service_times().recluster_database
    reclusters = Reclusters(
        env, app, Servers(env, 1), every=5.0, seconds=lambda _: 40.0, database_seconds=none, settled=lambda: None
    )
    events = [Event() for _ in range(4)]
    photos = [Photo(event, 0.0, 1.0) for event in events]

    def change() -> Steps:
        for event, photo in zip(events, photos, strict=True):
            event.new.append(photo)
            reclusters.faces_changed(event)
            yield env.timeout(6.0)

    env.process(change())
    env.run(until=300.0)
    ends = [photo.in_people for photo in photos]
    assert ends[0] > 0
    assert ends == sorted(ends)


def test_nobody_who_comes_to_no_replica_waits_less_than_a_cold_start() -> None:
    region = replace(Region(), cold_start=40.0)
    flow = Flow(gathering(photos=1, searches=0), size(least=0), service_times(), region=region)
    flow.run()
    assert flow.photos[0].searchable - flow.photos[0].came > 40
    assert flow.encode.cold_starts == 1


def test_a_replica_opens_a_connection_for_each_of_its_places() -> None:
    flow = Flow(gathering(hours=1 / 60), size(workers=8), service_times(), region=Region())
    assert simulate(flow).most_connections == (8 + 1 + 1) * 2


def test_while_photos_come_reclusters_get_a_tenth_of_the_time() -> None:
    flow = Flow(gathering(hours=1, photos=4_000, searches=0), size(workers=8), service_times(), region=Region())
    simulate(flow)
    busy = flow.recluster.meter.total
    assert flow.reclusters.done > 10
    assert busy < 0.1 * flow.finished_at


def test_on_one_machine_two_workers_share_its_cores() -> None:
    times = service_times(encoder_start=0.0)

    def pace(workers: int, cores: int) -> float:
        flow = local_flow(60, times, kind=KIND, workers=workers, threads=2, cores=cores, recluster_every=4.0)
        return simulate(flow).photos_a_minute

    # The encoder's 200 ms, the database's 10, storage's 20 and the dev host's 9 of each photo.
    assert pace(2, 1) == pytest.approx(60 / 0.239, rel=0.06)
    assert pace(1, 2) < pace(2, 2) < 2 * 60 / 0.239
    assert HERE.delivery == HERE.cold_start == 0
