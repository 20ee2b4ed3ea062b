"""Where each part is full, told without a simulation, and held against one."""

from __future__ import annotations

import pytest

from scale.flow import Flow
from scale.limits import largest_event, limits
from scale.outcome import simulate
from scale.region import Region
from scale.service_times import Curve
from tests.scale.times import gathering, service_times, size


def test_the_part_that_is_full_first_sets_the_pace() -> None:
    times = service_times(encode=0.6)
    its, crowd = size(workers=2), gathering(photos=2_000, searches=0)
    first = limits(crowd, its, times)[0]
    assert first.part == "encode"
    assert simulate(Flow(crowd, its, times, region=Region())).photos_a_minute == pytest.approx(
        first.photos_a_minute, rel=0.05
    )


def test_the_knob_of_the_first_part_moves_its_limit() -> None:
    times, crowd = service_times(encode=0.6), gathering()
    few, many = (
        {each.part: each.photos_a_minute for each in limits(crowd, size(workers=workers), times)}
        for workers in (2, 4)
    )
    assert many.pop("encode") == pytest.approx(2 * few.pop("encode"))
    assert many == few


def recluster_limit(**changed: float) -> float:
    times = service_times()
    slow = Curve(points=((100, 60.0), (10_000, 60.0)))
    its = limits(gathering(**changed), size(), times.model_copy(update={"recluster": slow}))
    return next(each.photos_a_minute for each in its if each.part == "recluster")


def test_how_long_a_gathering_lasts_moves_no_limit() -> None:
    assert recluster_limit(events=50, hours=1.0) == recluster_limit(events=50, hours=8.0)


def test_reclusters_fill_their_process_when_each_photo_brings_one() -> None:
    # A tenth of the time for each event: eleven fill one process, ten do not.
    assert recluster_limit(events=10) == float("inf")
    assert recluster_limit(events=11) == pytest.approx(60 / 60.0)


def test_cores_that_the_environment_has_not_encode_nothing() -> None:
    def limit(cores: float) -> float:
        its = limits(gathering(over_http=0.0, searches=0), size(cores=cores), service_times(encode=0.6))
        return next(each.photos_a_minute for each in its if each.part == "environment")

    assert limit(2.0) == pytest.approx(2 * 60 / 0.6)
    assert limit(8.0) == pytest.approx(4 * limit(2.0))


def test_what_nobody_asks_for_is_never_full() -> None:
    nobody = gathering(over_http=0.0, searches=0)
    http = next(each for each in limits(nobody, size(), service_times()) if each.part == "http")
    assert http.photos_a_minute == float("inf")


def test_an_event_is_too_large_where_its_recluster_takes_ten_minutes() -> None:
    times = service_times()
    steep = times.recluster.model_copy(update={"points": ((1_000, 1.0), (10_000, 100.0))})
    faces = largest_event(times.model_copy(update={"recluster": steep}))
    assert steep.at(faces) == pytest.approx(600, rel=0.15)
