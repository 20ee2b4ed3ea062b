"""A new face joins the person its nearest faces speak for, and no person gets two faces of one photo."""

from __future__ import annotations

from kanta_core.people.search.joining import Neighbour, choose


def near(number: int, *squared: float) -> list[Neighbour]:
    return [Neighbour(number, far) for far in squared]


def test_a_face_joins_the_person_whose_faces_are_near() -> None:
    assert choose([near(4, 0.06, 0.08) + near(9, 0.13)]) == [4]


def test_a_face_far_from_everybody_joins_nobody() -> None:
    assert choose([near(4, 0.3, 0.31)]) == [-1]


def test_faces_in_no_person_speak_for_nobody() -> None:
    assert choose([near(-1, 0.02, 0.03)]) == [-1]


def test_of_two_faces_of_one_photo_the_nearer_joins() -> None:
    assert choose([near(4, 0.09, 0.09), near(4, 0.05, 0.05)]) == [-1, 4]


def test_the_other_face_joins_the_next_person_it_fits() -> None:
    assert choose([near(4, 0.06, 0.06) + near(7, 0.07, 0.08), near(4, 0.05, 0.05)]) == [7, 4]


def test_a_face_between_look_alikes_joins_nobody() -> None:
    assert choose([near(4, 0.14, 0.14, 0.14)]) == [4]
    assert choose([near(4, 0.14, 0.14, 0.14) + near(5, 0.141, 0.142) + near(6, 0.141)]) == [-1]


def test_a_photo_without_faces_and_an_event_without_any() -> None:
    assert choose([]) == []
    assert choose([[], []]) == [-1, -1]
