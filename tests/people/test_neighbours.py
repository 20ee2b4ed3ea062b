"""A face's nearest are found whole, however the faces are cut into blocks."""

from __future__ import annotations

import numpy as np
import pytest

from kanta_core.people.groups import neighbours
from kanta_core.people.groups.neighbours import near_pairs
from tests.people.made_up import Vectors, people


def unit(seed: int, sizes: list[int], spread: float) -> Vectors:
    faces, _ = people(seed, sizes, spread)
    order = np.random.default_rng(seed).permutation(len(faces))
    return np.asarray(faces[order] / np.linalg.norm(faces[order], axis=1, keepdims=True), np.float32)


def expected(faces: Vectors, radius: float, most: int) -> set[tuple[int, int]]:
    dots = faces @ faces.T
    np.fill_diagonal(dots, -np.inf)
    nearest = np.argsort(-dots, axis=1, kind="stable")[:, :most]
    return {
        (min(row, other), max(row, other))
        for row, its in enumerate(nearest.tolist())
        for other in its
        if 2 - 2 * dots[row, other] < radius
    }


@pytest.mark.parametrize("block", [7, 64, 1_024])
@pytest.mark.parametrize("most", [1, 3, 8, 200])
def test_the_nearest_within_the_radius_are_found(monkeypatch: pytest.MonkeyPatch, block: int, most: int) -> None:
    monkeypatch.setattr(neighbours, "_BLOCK", block)
    monkeypatch.setattr(neighbours, "_PENDING", 100)
    faces = unit(1, [40, 30, 9, 1], spread=0.05)
    left, right = near_pairs(faces, radius=0.14, most=most)
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == expected(faces, 0.14, most)


def test_of_equals_the_first_are_taken() -> None:
    faces = np.tile(unit(2, [1], spread=0.0), (30, 1))
    left, right = near_pairs(faces, radius=0.14, most=2)
    everybodys = {(0, other) for other in range(1, 30)} | {(1, other) for other in range(2, 30)}
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == everybodys


@pytest.mark.parametrize("count", [0, 1])
def test_nobody_has_no_neighbours(count: int) -> None:
    left, right = near_pairs(np.ones((count, 128), np.float32), radius=0.14, most=8)
    assert left.tolist() == right.tolist() == []
