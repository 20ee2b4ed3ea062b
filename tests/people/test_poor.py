"""Poor faces build no people; each joins the one it fits, or none."""

from __future__ import annotations

import numpy as np
import pytest

from kanta_core.people.agglomeration import agglomerate
from kanta_core.people.poor import POOR, group_by_quality
from tests.people.test_agglomeration import Vectors, partition, people


def qualities(count: int, *poor: int) -> Vectors:
    found = np.full(count, 0.9, np.float32)
    found[list(poor)] = POOR / 2
    return found


def test_good_faces_are_grouped_as_ever() -> None:
    faces, _ = people(1, [9, 4, 1])
    assert group_by_quality(faces, qualities(14)).tolist() == agglomerate(faces).tolist()


def test_a_poor_face_joins_the_person_it_fits() -> None:
    faces, who = people(2, [9, 4, 3])
    numbers = group_by_quality(faces, qualities(16, 0, 10, 15))
    assert partition(numbers) == partition(np.array(who))


def test_a_poor_face_that_fits_nobody_is_in_none() -> None:
    faces, _ = people(3, [5, 1, 1])
    numbers = group_by_quality(faces, qualities(7, 5, 6))
    assert numbers.tolist() == [0] * 5 + [-1] * 2


def test_poor_faces_build_no_person_however_alike_they_are() -> None:
    faces, _ = people(4, [5, 6])
    numbers = group_by_quality(faces, qualities(11, *range(5, 11)))
    assert numbers.tolist() == [0] * 5 + [-1] * 6


def test_a_poor_face_brings_no_two_people_together() -> None:
    faces, who = people(5, [6, 6])
    between = (faces[0] / np.linalg.norm(faces[0]) + faces[6] / np.linalg.norm(faces[6])) / 2
    many = np.concatenate([faces, np.tile(between, (20, 1))]).astype(np.float32)
    numbers = group_by_quality(many, qualities(32, *range(12, 32)))
    assert partition(numbers[:12]) == partition(np.array(who))


@pytest.mark.parametrize("count", [0, 1, 5])
def test_where_all_are_poor_there_is_nobody(count: int) -> None:
    faces = np.ones((count, 128), np.float32)
    assert group_by_quality(faces, qualities(count, *range(count))).tolist() == [-1] * count


def test_the_order_of_arrival_does_not_matter() -> None:
    faces, _ = people(6, [8, 5, 3, 1, 1], spread=0.05)
    found = qualities(18, 1, 9, 14, 17)
    order = np.random.default_rng(6).permutation(18)
    assert partition(group_by_quality(faces[order], found[order]), order.tolist()) == partition(
        group_by_quality(faces, found)
    )
