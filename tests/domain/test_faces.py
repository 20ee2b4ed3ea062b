"""A face's name lasts: what it depends on, and what not."""

from __future__ import annotations

import uuid

import numpy as np
import pytest

from kanta_core.domain.faces import Box, Encoding, Face, face_id

EVENT, BYTES, BOX = uuid.UUID(int=1), bytes(32), Box(10, 20, 30, 40)


def test_the_same_place_in_the_same_bytes_is_the_same_face() -> None:
    assert face_id(EVENT, BYTES, BOX) == face_id(EVENT, bytes(32), Box(10, 20, 30, 40))


def test_another_event_other_bytes_and_another_place_are_other_faces() -> None:
    names = {
        face_id(EVENT, BYTES, BOX),
        face_id(uuid.UUID(int=2), BYTES, BOX),
        face_id(EVENT, b"\1" * 32, BOX),
        *(face_id(EVENT, BYTES, Box(*place)) for place in [(11, 20, 30, 40), (10, 21, 30, 40), (10, 20, 31, 40)]),
        face_id(EVENT, BYTES, Box(10, 20, 30, 41)),
    }
    assert len(names) == 7


def test_boxes_overlap_by_the_share_that_both_cover() -> None:
    assert BOX.overlap(BOX) == 1
    assert Box(0, 0, 10, 10).overlap(Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert Box(0, 0, 10, 10).overlap(Box(2, 2, 5, 5)) == pytest.approx(1 / 4)
    for apart in (Box(10, 0, 10, 10), Box(0, 10, 10, 10), Box(50, 50, 1, 1)):
        assert Box(0, 0, 10, 10).overlap(apart) == apart.overlap(Box(0, 0, 10, 10)) == 0


def test_of_several_faces_in_the_very_same_place_the_first_is_kept() -> None:
    vector = np.zeros(128, np.float32)
    places = [Box(0, 0, 8, 8), Box(0, 0, 8, 9), Box(0, 0, 8, 8)]
    faces = tuple(Face(place, (), float(score), 0.5, vector, b"") for score, place in enumerate(places))
    assert Encoding(8, 9, "jpg", "any", None, b"", faces).faces == faces[:2]
