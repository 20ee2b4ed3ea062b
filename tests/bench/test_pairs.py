"""The pairs of a verification, and how they are judged."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.pairs import draw, person, verify

NAMES = [f"Person_{one:02}_{photo:04}.jpg" for one in range(30) for photo in range(1, 1 + one % 4 + 1)]


def test_pairs_are_what_they_say_and_no_pair_comes_twice() -> None:
    pairs = draw(NAMES, 40, seed=0)
    assert all((person(a) == person(b)) is same and a != b for a, b, same in pairs)
    assert len({(a, b) for a, b, _ in pairs}) == len(pairs) == 80


def test_every_fold_has_as_many_pairs_of_a_kind() -> None:
    pairs = draw(NAMES, 40, seed=0)
    assert {sum(same for *_, same in pairs[start : start + 8]) for start in range(0, 80, 8)} == {4}


def test_the_same_seed_draws_the_same_pairs_whatever_the_order_of_the_names() -> None:
    assert draw(NAMES, 40, seed=3) == draw(NAMES[::-1], 40, seed=3) != draw(NAMES, 40, seed=4)


def test_more_pairs_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="no 1000 pairs"):
        draw(NAMES, 1000, seed=0)


def test_distances_that_tell_people_apart_are_all_right() -> None:
    right, thresholds = verify([0.2, 0.9] * 50, [True, False] * 50)
    assert right.all()
    assert thresholds == pytest.approx(0.55)


def test_a_face_that_was_not_found_makes_its_pair_wrong_of_either_kind() -> None:
    right, _ = verify([math.nan, math.nan] + [0.2, 0.9] * 49, [True, False] * 50)
    assert right.tolist() == [False, False] + [True] * 98


def test_a_fold_has_no_say_in_its_own_threshold() -> None:
    # The first fold's distances lie on another scale: judged by the others' threshold, its same ones are wrong.
    right, thresholds = verify([5.2, 5.9] * 5 + [0.2, 0.9] * 45, [True, False] * 50)
    assert thresholds[0] == pytest.approx(0.55)
    assert right[:10].tolist() == [False, True] * 5


def test_the_threshold_is_the_one_that_judges_most_right() -> None:
    random = np.random.default_rng(0)
    same = np.arange(400) % 2 == 0
    distances = random.normal(np.where(same, 0.4, 0.8), 0.15)
    right, thresholds = verify(distances, same.tolist())
    best = max(float(((distances < t) == same).mean()) for t in np.linspace(0, 1.2, 500))
    assert right.mean() == pytest.approx(best, abs=0.02)
    assert np.ptp(thresholds) < 0.1
