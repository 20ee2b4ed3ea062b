"""The rule that says which face a box found."""

from __future__ import annotations

from bench.boxes import Box, Tally, match, matches, overlap

FACE: Box = (100, 100, 40, 40)


def test_a_box_from_hairline_to_chin_is_a_box_of_the_face_from_its_brows() -> None:
    assert matches((98, 80, 44, 60), FACE)


def test_a_box_of_another_detectors_size_is_a_box_of_the_face() -> None:
    assert matches((93, 93, 54, 54), FACE)
    assert matches((107, 107, 26, 26), FACE)


def test_a_box_around_the_whole_person_or_of_an_eye_is_none() -> None:
    assert not matches((60, 60, 120, 120), FACE)
    assert not matches((110, 110, 12, 12), FACE)


def test_a_box_of_the_face_beside_it_is_none() -> None:
    assert not matches((135, 100, 40, 40), FACE)


def test_overlap_is_what_two_boxes_share_of_what_they_cover() -> None:
    assert overlap(FACE, FACE) == 1
    assert overlap((0, 0, 2, 2), (1, 0, 2, 2)) == 2 / 6
    assert overlap((0, 0, 2, 2), (2, 0, 2, 2)) == 0


def test_no_box_finds_two_faces_and_no_face_is_found_twice() -> None:
    assert match([FACE, (101, 101, 40, 40)], [FACE]) == {0: 0}
    assert len(match([FACE], [FACE, (101, 101, 40, 40)])) == 1


def test_as_many_faces_are_found_as_the_boxes_allow() -> None:
    # The box that fits the first face best is the only one for the second.
    near, between = (90, 100, 40, 40), (104, 100, 40, 40)
    assert match([near, between], [FACE, (115, 100, 40, 40)]) == {0: 0, 1: 1}


def test_a_photo_without_faces_or_without_boxes_counts() -> None:
    tally = Tally((40,))
    tally.add([], [FACE])
    tally.add([FACE], [])
    tally.add([], [])
    assert (tally.photos, tally.recall, tally.false) == (3, 0, 1)


def test_a_second_box_on_a_face_is_false_and_one_on_a_poster_is_not_counted() -> None:
    tally = Tally((40,))
    tally.add([FACE, (101, 101, 40, 40), (300, 300, 20, 20)], [FACE], optional=[(290, 290, 50, 50)])
    assert (tally.recall, tally.false) == (1, 1)


def test_a_face_is_counted_by_the_width_of_its_true_box() -> None:
    tally = Tally((20, 40, 80))
    tally.add([(98, 98, 44, 44)], [FACE, (300, 0, 39, 39), (400, 0, 19, 19)])
    assert dict(zip(tally.classes(), tally.cells(), strict=True)) == {
        "< 20": "0/1",
        "20–40": "0/1",
        "40–80": "1/1",
        "≥ 80": "–",
    }
