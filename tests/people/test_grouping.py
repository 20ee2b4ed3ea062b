"""Faces of one person come together, those of two stay apart, in whatever order they came."""

from __future__ import annotations

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanta_core.people.groups.grouping import Faces, group
from kanta_core.vision.encoder import FaceEncoder
from tests.people.made_up import faces_of, grouped, partition, people


def test_people_far_apart_are_told_apart() -> None:
    faces, who = people(1, [30, 12, 5, 2, 1, 1])
    assert partition(grouped(faces)) == partition(who)


def test_the_largest_group_comes_first() -> None:
    faces, _ = people(2, [2, 9, 4])
    sizes = Counter(grouped(faces))
    assert [sizes[number] for number in range(3)] == [9, 4, 2]


@pytest.mark.parametrize("count", [0, 1])
def test_none_and_one_are_no_special_case(count: int) -> None:
    assert grouped(np.ones((count, 128), np.float32)) == [0] * count


def test_the_very_same_face_many_times_is_one_person() -> None:
    faces = np.tile(people(3, [1])[0], (40, 1))
    assert set(grouped(faces)) == {0}


def test_a_person_with_thousands_of_faces_stays_whole() -> None:
    # Far more faces than the nearest that are looked at, and more than are compared at a time.
    faces, who = people(4, [2_400, 600, 30, 1], spread=0.035)
    assert partition(grouped(faces)) == partition(who)


def test_two_faces_of_one_photo_are_two_people() -> None:
    # One person's faces by their looks: twins, both in photos 0 and 1.
    faces, _ = people(5, [8], spread=0.035)
    numbers = grouped(faces, photos=[0, 0, 1, 1, 2, 3, 4, 5])
    assert numbers[0] != numbers[1]
    assert numbers[2] != numbers[3]
    assert len(set(numbers)) == 2


def test_a_face_and_its_mirror_image_are_one_person() -> None:
    faces, _ = people(6, [6])
    mirrored = faces[:1] + np.float32(0.001)
    numbers = grouped(np.concatenate([faces, mirrored]), photos=[0, 1, 2, 3, 4, 5, 0])
    assert set(numbers) == {0}


@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=12),
    spread=st.sampled_from([0.01, 0.03, 0.04, 0.05]),
    photos=st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_order_makes_no_difference_and_no_person_is_twice_in_a_photo(
    seed: int, sizes: list[int], spread: float, photos: int
) -> None:
    vectors, _ = people(seed, sizes, spread)
    random = np.random.default_rng(seed)
    faces = Faces(
        vectors,
        random.uniform(0.1, 1.0, len(vectors)).astype(np.float32),
        random.integers(photos, size=len(vectors)),
    )
    numbers = group(faces)
    order = random.permutation(len(vectors))
    again = group(Faces(faces.embeddings[order], faces.qualities[order], faces.photos[order]))
    assert partition(again, order.tolist()) == partition(numbers)
    # Made-up faces of one person at this spread are further apart than a face and its mirror image.
    if spread > 0.03:
        seen = Counter(zip(faces.photos.tolist(), numbers.tolist(), strict=True))
        assert all(count == 1 for (_, number), count in seen.items() if number >= 0)


def test_the_yale_people_come_out_right(yale_zip: Path) -> None:
    # Five people here; the whole set goes through the running stack in tests/e2e.
    encoder = FaceEncoder(max_pixels=1_000_000)
    with zipfile.ZipFile(yale_zip) as photos:
        names = [name for name in photos.namelist() if name[:9] in {f"subject{n:02}" for n in (2, 4, 7, 9, 13)}]
        vectors = np.array([encoder.encode(photos.read(name)).faces[0].embedding for name in names])
    assert partition(group(faces_of(vectors))) == partition([int(name[7:9]) for name in names])
