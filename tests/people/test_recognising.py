"""Whose face it is: by the nearest faces, with a probability that means what it says."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.search.joining import Neighbour
from kanta_core.people.search.recognising import VOICES, Candidate, recognise

SHOWN = np.random.default_rng(0).normal(scale=0.12, size=128).astype(np.float32)
MANY = 1_000


def found(*near: tuple[int, float], faces_of: dict[int, int] | None = None) -> list[Candidate]:
    """The candidates among faces of these people at these squared distances."""
    faces = [Neighbour(number, distance) for number, distance in sorted(near, key=lambda each: each[1])]
    counts = {number: sum(other == number for other, _ in near) for number, _ in near}
    return recognise(SHOWN, faces, {**counts, **(faces_of or {})})


def test_the_nearest_person_comes_first_and_each_has_the_faces_that_say_so() -> None:
    one, two, three = found((2, 0.10), (1, 0.05), (1, 0.07), (3, 0.3), (2, 0.2))
    assert [(each.number, each.faces) for each in (one, two, three)] == [(1, (0, 1)), (2, (2, 3)), (3, (4,))]
    assert one.margin == pytest.approx(0.15 - 0.06)
    assert two.margin == pytest.approx(0.06 - 0.15)
    assert three.margin == pytest.approx(0.06 - 0.30)


def test_who_is_alone_has_no_margin_and_nobody_is_found_among_no_faces() -> None:
    (alone,) = found((7, 0.05))
    assert alone.margin is None
    assert found() == []


def test_of_two_equally_near_neither_is_ahead() -> None:
    one, two = found((1, 0.08), (2, 0.08))
    assert one.margin == two.margin == 0
    assert one.probability == two.probability


def test_the_nearer_the_more_probable_from_certainty_to_none() -> None:
    chances = [found((1, distance))[0].probability for distance in (0.0, 0.05, 0.1, 0.12, 0.15, 0.2, 0.3)]
    assert all(near > far for near, far in pairwise(chances))
    assert chances[0] > 0.999
    assert chances[-1] < 0.001


def test_ten_faces_speak_for_a_person_and_the_far_ones_of_hundreds_count_for_nothing() -> None:
    near = [(1, 0.06)] * VOICES
    few, many = found(*near), found(*near, *[(1, 0.25)] * 200)
    assert few[0].probability == many[0].probability
    assert len(many[0].faces) == VOICES


def test_faces_of_a_person_that_were_not_seen_are_at_least_as_far_as_the_last_one_seen() -> None:
    near = [(1, 0.06), (1, 0.06), *[(number, 0.2) for number in range(2, 20)]]
    complete, unseen = found(*near), found(*near, faces_of={1: VOICES})
    assert unseen[0].probability < complete[0].probability
    as_far = found(*near, *[(1, 0.2)] * (VOICES - 2))
    assert unseen[0].probability == pytest.approx(as_far[0].probability)


def test_faces_in_no_person_come_last_as_probable_as_their_nearest_and_the_unlikely_are_left_out() -> None:
    person, loose = found((1, 0.2), (NO_PERSON, 0.05), (NO_PERSON, 0.06), (NO_PERSON, 0.29))
    assert (person.number, loose.number) == (1, NO_PERSON)
    assert loose.faces == (0, 1)
    assert loose.probability == pytest.approx(found((9, 0.05))[0].probability)
    assert loose.margin == pytest.approx(0.2 - 0.05)
    assert person.margin is None
    assert [each.number for each in found((1, 0.2), (NO_PERSON, 0.29))] == [1]
