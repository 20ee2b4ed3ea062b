"""The cost of joining is told from sums, and is what it would be told from every pair of faces."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from kanta_core.people.groups.cost import RULE, Sums
from kanta_core.people.groups.crowding import room
from tests.people.made_up import Vectors, people


def unit(seed: int, sizes: list[int]) -> tuple[Vectors, list[int]]:
    faces, who = people(seed, sizes, spread=0.05)
    return np.asarray(faces / np.linalg.norm(faces, axis=1, keepdims=True), np.float32), who


def squared(one: Vectors, other: Vectors) -> float:
    return float(((one[:, None].astype(np.float64) - other[None]) ** 2).sum(axis=2).mean())


def test_the_distance_between_groups_is_the_mean_over_all_pairs() -> None:
    faces, who = unit(1, [5, 3, 1])
    labels = np.array(who)
    sums = Sums(faces, np.zeros(9), labels, 3)
    left, right = np.array([0, 0, 1]), np.array([1, 2, 2])
    expected = [squared(faces[labels == a], faces[labels == b]) for a, b in combinations(range(3), 2)]
    assert sums.between(left, right) == pytest.approx(expected, abs=1e-6)


def test_a_spread_is_the_mean_over_pairs_and_what_is_usual() -> None:
    faces, _ = unit(2, [4])
    inside = [float(((a - b) ** 2).sum()) for a, b in combinations(faces.astype(np.float64), 2)]
    expected = (sum(inside) + RULE.usual_weight * RULE.usual) / (6 + RULE.usual_weight)
    assert Sums(faces, np.zeros(4), np.zeros(4, np.intp), 1).spread[0] == pytest.approx(expected, abs=1e-6)


def test_joined_groups_are_as_if_they_had_been_one_from_the_start() -> None:
    faces, who = unit(3, [5, 3, 4, 2])
    labels, around = np.array(who), np.linspace(-0.05, 0.05, 14)
    joined = Sums(faces, around, labels, 4)
    joined.join(np.array([0, 2]), np.array([1, 3]))
    one = Sums(faces, around, np.array([0, 0, 2, 2])[labels], 4)
    for kept in (0, 2):
        assert joined.totals[kept] == pytest.approx(one.totals[kept])
        assert joined.sizes[kept] == one.sizes[kept]
        assert joined.room[kept] == pytest.approx(one.room[kept])
        assert joined.spread[kept] == pytest.approx(one.spread[kept])


def test_where_look_alikes_are_many_joining_costs_more() -> None:
    faces, who = unit(4, [2, 2])
    left, right = np.array([0]), np.array([1])
    cost = [
        Sums(faces, np.full(4, around), np.array(who), 2).costs(left, right, np.array([0.1]))[0]
        for around in (-0.03, 0.0, 0.03)
    ]
    assert cost[0] > cost[1] > cost[2]


def test_the_more_people_the_less_is_joined() -> None:
    assert RULE.most(10) > RULE.most(1_000) > RULE.most(100_000)


def test_room_is_told_from_a_face_alone_and_within_bounds() -> None:
    faces, _ = unit(5, [1] * 40)
    found = room(faces)
    assert found[7:8] == pytest.approx(room(faces[7:8]), abs=1e-6)
    assert np.abs(found).max() <= 0.06
