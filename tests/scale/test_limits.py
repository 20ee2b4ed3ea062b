"""Where each part is full, told without a simulation, and held against one."""

from __future__ import annotations

import pytest

from scale.flow import Flow
from scale.limits import largest_event, limits
from scale.outcome import simulate
from scale.region import Region
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


def test_what_nobody_asks_for_is_never_full() -> None:
    nobody = gathering(over_http=0.0, searches=0)
    http = next(each for each in limits(nobody, size(), service_times()) if each.part == "http")
    assert http.photos_a_minute == float("inf")


def test_an_event_is_too_large_where_its_recluster_takes_ten_minutes() -> None:
    times = service_times()
    steep = times.recluster.model_copy(update={"points": ((1_000, 1.0), (10_000, 100.0))})
    faces = largest_event(times.model_copy(update={"recluster": steep}))
    assert steep.at(faces) == pytest.approx(600, rel=0.15)
