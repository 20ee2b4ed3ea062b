"""Who is the human shown for sure."""

from __future__ import annotations

from kanta_core.people.search.recognising import Candidate
from kanta_core.people.search.sure import surely


def sure_of(*found: tuple[float, float]) -> list[int]:
    """Which of these are: each a probability and how much further away than the first, squared."""
    runner_up = found[1][1] if len(found) > 1 else None
    margins = [runner_up, *(-further for _, further in found[1:])]
    candidates = [
        Candidate(number, probability, margin, ())
        for number, ((probability, _), margin) in enumerate(zip(found, margins, strict=False), start=1)
    ]
    return [each.number for each in surely(candidates)]


def test_whoever_is_probable_and_alone_is() -> None:
    assert sure_of((0.96, 0.0)) == [1]
    assert sure_of((0.99, 0.0), (0.3, 0.045)) == [1]


def test_nobody_is_who_is_not_probable_enough() -> None:
    assert sure_of() == []
    assert sure_of((0.94, 0.0)) == []
    assert sure_of((0.5, 0.0), (0.49, 0.001)) == []


def test_nobody_is_where_somebody_else_is_hardly_further_away() -> None:
    assert sure_of((0.96, 0.0), (0.75, 0.015)) == []
    assert sure_of((0.96, 0.0), (0.5, 0.025)) == [1]


def test_one_human_who_came_out_as_several_people_is_all_of_them() -> None:
    assert sure_of((0.99, 0.0), (0.98, 0.006), (0.96, 0.012)) == [1, 2, 3]
    assert sure_of((0.99, 0.0), (0.98, 0.006), (0.6, 0.03)) == [1, 2]


def test_somebody_probable_who_is_much_further_away_is_another_human() -> None:
    assert sure_of((1.0, 0.0), (0.961, 0.0576)) == [1]
