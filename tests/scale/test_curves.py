"""What was measured, read off between its points."""

from __future__ import annotations

import pytest

from scale.service_times import FACES, Curve, recorded


def test_between_two_points_a_curve_is_a_power_of_the_faces() -> None:
    squared = Curve(points=((100, 0.01), (1_000, 1.0)))
    assert squared.at(100) == 0.01
    assert squared.at(316.2277) == pytest.approx(0.1, rel=1e-3)
    assert squared.at(1_000) == pytest.approx(1.0)


def test_beyond_its_points_a_curve_stays_as_small_and_goes_on_rising() -> None:
    curve = Curve(points=((100, 0.01), (1_000, 0.02), (10_000, 2.0)))
    assert curve.at(0) == curve.at(1) == 0.01
    assert curve.at(100_000) == pytest.approx(200.0)


def test_what_is_recorded_makes_sense() -> None:
    times = recorded()
    for photo in times.photos:
        # The stages are of one photo, the encoder's of several.
        assert sum(photo.stages.values()) == pytest.approx(photo.encode, rel=0.5)
        # A row, a thumbnail and a picture of each face cost a millisecond at least.
        assert 0.001 < photo.around < photo.encode
        assert photo.database > 0
        assert photo.upload > 0
    assert times.photo("12 MP, 30 people").encode > times.photo("3 MP, 6 people").encode


def test_every_curve_is_of_the_events_that_are_measured() -> None:
    times = recorded()
    for name in ("join_database", "search", "search_database", "recluster", "recluster_database"):
        points = getattr(times, name).points
        assert tuple(faces for faces, _ in points) == FACES, f"{name}: python -m scale.measure"
        assert all(seconds > 0 for _, seconds in points)
    for curve in (times.recluster, times.join_database):
        seconds = [each for _, each in curve.points]
        assert seconds == sorted(seconds)
