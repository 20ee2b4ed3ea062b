"""Poor faces build no people; each joins the one it fits, or none."""

from __future__ import annotations

import numpy as np
import pytest

from kanta_core.people.groups.grouping import group
from kanta_core.people.groups.poor import POOR
from tests.people.made_up import Vectors, faces_of, grouped, partition, people


def by_quality(vectors: Vectors, *poor: int, photos: list[int] | None = None) -> list[int]:
    qualities = np.full(len(vectors), 0.9, np.float32)
    qualities[list(poor)] = POOR / 2
    return [int(number) for number in group(faces_of(vectors, qualities=qualities, photos=photos))]


def test_a_poor_face_joins_the_person_it_fits() -> None:
    faces, who = people(2, [9, 4, 3])
    assert partition(by_quality(faces, 0, 10, 15)) == partition(who)


def test_a_poor_face_that_fits_nobody_is_in_none() -> None:
    faces, _ = people(3, [5, 1, 1])
    assert by_quality(faces, 5, 6) == [0] * 5 + [-1] * 2


def test_poor_faces_build_no_person_however_alike_they_are() -> None:
    faces, _ = people(4, [5, 6])
    assert by_quality(faces, *range(5, 11)) == [0] * 5 + [-1] * 6


def test_a_poor_face_brings_no_two_people_together() -> None:
    faces, who = people(5, [6, 6])
    between = (faces[0] / np.linalg.norm(faces[0]) + faces[6] / np.linalg.norm(faces[6])) / 2
    many = np.concatenate([faces, np.tile(between, (20, 1))]).astype(np.float32)
    assert partition(by_quality(many, *range(12, 32))[:12]) == partition(who)


def test_a_poor_face_joins_nobody_who_is_in_its_photo_already() -> None:
    faces, _ = people(6, [6])
    assert by_quality(faces, 4, 5, photos=[0, 1, 2, 3, 3, 4]) == [0, 0, 0, 0, -1, 0]


def test_of_two_poor_faces_of_one_photo_one_joins() -> None:
    faces, _ = people(7, [6])
    assert sorted(by_quality(faces, 4, 5, photos=[0, 1, 2, 3, 4, 4])) == [-1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_where_all_are_poor_there_is_nobody(count: int) -> None:
    assert by_quality(np.ones((count, 128), np.float32), *range(count)) == [-1] * count


def test_good_faces_are_grouped_as_ever() -> None:
    faces, _ = people(1, [9, 4, 1])
    assert by_quality(faces) == grouped(faces)
