"""Which faces stay forgotten when a photo is looked at again."""

from __future__ import annotations

from kanta_core.database.forgotten import _is_forgotten
from kanta_core.domain.faces import Box

ANNA = Box(100, 100, 80, 80)


def test_a_face_in_about_the_same_place_does() -> None:
    for again in (ANNA, Box(101, 99, 80, 80), Box(112, 104, 74, 84), Box(96, 92, 92, 98)):
        assert _is_forgotten(again, [ANNA], [])


def test_a_face_elsewhere_does_not() -> None:
    for other in (Box(180, 100, 80, 80), Box(160, 100, 80, 80), Box(100, 100, 300, 300)):
        assert not _is_forgotten(other, [ANNA], [])


def test_whoever_is_cheek_to_cheek_with_somebody_forgotten_stays() -> None:
    ben = Box(132, 104, 80, 80)
    again = Box(130, 103, 82, 82)
    assert again.overlap(ANNA) >= 0.4
    assert not _is_forgotten(again, [ANNA], [ben])
    assert _is_forgotten(Box(101, 99, 80, 80), [ANNA], [ben])
