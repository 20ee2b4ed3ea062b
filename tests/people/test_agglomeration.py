"""Faces of one person come together, those of two stay apart, in whatever order they came."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from kanta_core.people.agglomeration import agglomerate
from kanta_core.people.neighbours import near_pairs
from kanta_core.vision.encoder import FaceEncoder

Vectors = NDArray[np.float32]


def people(seed: int, sizes: list[int], spread: float = 0.025) -> tuple[Vectors, list[int]]:
    """Made-up people: random directions far apart, faces scattered around each; dlib's length of about 1.4."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(sizes), 128))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    who = [person for person, size in enumerate(sizes) for _ in range(size)]
    faces = centres[who] + random.normal(scale=spread / 2, size=(len(who), 128))
    lengths = random.normal(1.42, 0.07, size=(len(who), 1))
    return (faces / np.linalg.norm(faces, axis=1, keepdims=True) * lengths).astype(np.float32), who


def partition(numbers: NDArray[np.intp], keys: list[int] | None = None) -> set[frozenset[int]]:
    keys = list(range(len(numbers))) if keys is None else keys
    return {
        frozenset(key for key, other in zip(keys, numbers, strict=True) if other == number)
        for number in set(numbers)
    }


def test_people_far_apart_are_told_apart() -> None:
    faces, who = people(1, [30, 12, 5, 2, 1, 1])
    assert partition(agglomerate(faces)) == partition(np.array(who))


def test_the_largest_group_comes_first() -> None:
    faces, _ = people(2, [2, 9, 4])
    sizes = Counter(agglomerate(faces).tolist())
    assert [sizes[number] for number in range(3)] == [9, 4, 2]


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_are_no_special_case(count: int) -> None:
    assert agglomerate(np.ones((count, 128), np.float32)).tolist() == [0] * count


def test_the_very_same_face_many_times_is_one_person() -> None:
    faces = np.tile(people(3, [1])[0], (40, 1))
    assert set(agglomerate(faces)) == {0}


@given(
    seed=st.integers(0, 1_000),
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    spread=st.sampled_from([0.01, 0.03, 0.05]),
)
@settings(max_examples=40, deadline=None)
def test_the_order_of_arrival_does_not_matter(seed: int, sizes: list[int], spread: float) -> None:
    faces, _ = people(seed, sizes, spread)
    order = np.random.default_rng(seed).permutation(len(faces))
    assert partition(agglomerate(faces[order]), order.tolist()) == partition(agglomerate(faces))


def test_near_pairs_are_all_pairs_within_the_radius() -> None:
    faces, _ = people(4, [40, 30, 9, 1], spread=0.05)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    left, right = near_pairs(faces, radius=0.14, most=len(faces))
    squared = ((faces[:, None] - faces[None]) ** 2).sum(2)
    expected = {(i, j) for i, j in zip(*np.nonzero(squared < 0.14), strict=True) if i < j}
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == expected


def test_each_face_keeps_its_nearest_when_it_has_too_many() -> None:
    faces, _ = people(5, [50], spread=0.02)
    faces /= np.linalg.norm(faces, axis=1, keepdims=True)
    left, right = near_pairs(faces, radius=0.14, most=3)
    squared = ((faces[:, None] - faces[None]) ** 2).sum(2)
    np.fill_diagonal(squared, np.inf)
    pairs = set(zip(left.tolist(), right.tolist(), strict=True))
    for face, nearest in enumerate(np.argsort(squared, axis=1)[:, :3].tolist()):
        assert {(min(face, other), max(face, other)) for other in nearest} <= pairs


def test_the_yale_people_come_out_right(yale_zip: Path) -> None:
    # Five people here; the whole set goes through the running stack in tests/e2e.
    encoder = FaceEncoder(max_pixels=1_000_000)
    with zipfile.ZipFile(yale_zip) as photos:
        names = [name for name in photos.namelist() if name[:9] in {f"subject{n:02}" for n in (2, 4, 7, 9, 13)}]
        faces = np.array([encoder.encode(photos.read(name)).faces[0].embedding for name in names])
    numbers = agglomerate(faces)
    for number in set(numbers):
        assert len({name[:9] for name, other in zip(names, numbers, strict=True) if other == number}) == 1
    assert len(set(numbers)) <= 6
