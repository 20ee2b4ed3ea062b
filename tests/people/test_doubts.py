"""Doubts: people who may be two, pairs who may be one, and how sure that is."""

from __future__ import annotations

import numpy as np
import pytest

from kanta_core.people.doubts import Doubt, cohesion, doubts
from tests.people.made_up import faces_of, people


def asked(
    sizes: list[int],
    numbers: list[int],
    *,
    photos: list[int] | None = None,
    spread: float = 0.025,
    most: int = 10,
) -> list[Doubt]:
    vectors, _ = people(1, sizes, spread)
    return doubts(faces_of(vectors, photos=photos), np.array(numbers), most=most)


def test_one_person_under_two_numbers_is_asked_about() -> None:
    (doubt,) = asked([8, 5], [3] * 3 + [4] * 5 + [7] * 5)
    assert (doubt.kind, doubt.numbers, doubt.rows) == ("same_person", (4, 3), ())
    assert doubt.probability > 0.9


def test_two_people_under_one_number_are_asked_about_with_the_smaller_side() -> None:
    (doubt,) = asked([6, 2, 5], [3] * 8 + [7] * 5)
    assert (doubt.kind, doubt.numbers, doubt.rows) == ("two_people", (3,), (6, 7))
    assert doubt.probability > 0.9


def test_a_stray_face_is_asked_about() -> None:
    (doubt,) = asked([9, 1], [0] * 10)
    assert (doubt.kind, doubt.rows) == ("two_people", (9,))


def test_people_who_are_right_raise_no_doubt() -> None:
    assert asked([8, 5, 1], [0] * 8 + [1] * 5 + [2]) == []


def test_two_who_are_in_one_photo_are_not_said_to_be_one() -> None:
    numbers = [0, 0, 0, 1, 1, 1]
    assert asked([6], numbers, photos=[0, 1, 2, 3, 4, 5], spread=0.035) != []
    assert asked([6], numbers, photos=[0, 1, 2, 2, 3, 4], spread=0.035) == []


def test_faces_in_no_person_raise_no_doubt() -> None:
    assert asked([6], [0, 0, 0, -1, -1, -1]) == []
    assert asked([6], [-1] * 6) == []
    assert doubts(faces_of(np.empty((0, 128), np.float32)), np.empty(0, np.intp), most=10) == []


def test_no_more_are_asked_than_wanted_and_the_larger_first() -> None:
    numbers = [0] * 10 + [1] * 10 + [2] * 3 + [3] * 3
    every = asked([20, 6], numbers)
    assert [doubt.numbers for doubt in every] == [(0, 1), (2, 3)]
    assert asked([20, 6], numbers, most=1) == every[:1]


def test_doubts_do_not_depend_on_the_order_of_faces() -> None:
    vectors, who = people(2, [9, 6, 4, 4, 1, 1], spread=0.035)
    # Two under one number, one under two.
    numbers = np.array([{1: 0, 2: 7 + face % 2}.get(person, person) for face, person in enumerate(who)])
    order = np.random.default_rng(2).permutation(len(vectors))
    there = doubts(faces_of(vectors), numbers, most=20)
    again = doubts(faces_of(vectors[order]), numbers[order], most=20)
    assert {doubt.kind for doubt in there} == {"same_person", "two_people"}
    assert [doubt.numbers for doubt in again] == [doubt.numbers for doubt in there]
    assert [{int(order[row]) for row in doubt.rows} for doubt in again] == [set(doubt.rows) for doubt in there]


def test_cohesion_is_one_for_the_same_face_and_none_for_strangers() -> None:
    same, strangers = np.ones((3, 128), np.float32), people(3, [1] * 5)[0]
    found = cohesion(np.concatenate([same, strangers]), np.array([4] * 3 + [9] * 5))
    assert found == {4: pytest.approx(1.0), 9: pytest.approx(0.0)}


def test_cohesion_falls_as_faces_spread() -> None:
    tight, wide = people(4, [10], spread=0.01)[0], people(4, [10], spread=0.03)[0]
    found = cohesion(np.concatenate([tight, wide]), np.array([0] * 10 + [1] * 10))
    assert 0 < found[1] < found[0] < 1


def test_cohesion_of_a_single_face_is_one_and_of_none_is_not_there() -> None:
    assert cohesion(people(5, [2])[0], np.array([6, -1])) == {6: 1.0}
