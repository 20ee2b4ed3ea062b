"""A person keeps its number as long as most of its faces stay together, and no number is ever given twice."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.numbers.identity import carry_over, regroup

A, B, C, D, E, F = (uuid.UUID(int=number) for number in range(6))


def test_new_people_are_numbered_in_order() -> None:
    assert carry_over([[A, B, C], [D, E]], {}, next_number=1) == ({A: 1, B: 1, C: 1, D: 2, E: 2}, 3)


def test_a_face_alone_is_a_person_too() -> None:
    # A guest who is in one photo only is to find that photo.
    assert carry_over([[A, B], [C]], {}, next_number=1)[0][C] == 2


def test_a_person_that_grows_keeps_its_number() -> None:
    assigned, following = carry_over([[A, B, C]], {A: 7, B: 7}, next_number=8)
    assert (set(assigned.values()), following) == ({7}, 8)


def test_of_two_people_joined_the_larger_one_goes_on() -> None:
    assigned, _ = carry_over([[A, B, C, D, E]], {A: 4, B: 4, C: 2, D: 2, E: 2}, next_number=9)
    assert set(assigned.values()) == {2}


def test_of_equals_joined_the_lower_number_goes_on() -> None:
    assigned, _ = carry_over([[A, B, C, D]], {A: 4, B: 4, C: 2, D: 2}, next_number=9)
    assert set(assigned.values()) == {2}


def test_of_a_person_split_the_larger_part_keeps_the_number() -> None:
    assigned, following = carry_over([[A, B, C], [D, E]], dict.fromkeys((A, B, C, D, E), 3), next_number=4)
    assert (assigned[A], assigned[D], following) == (3, 4, 5)


def test_a_number_nobody_needs_is_not_given_again() -> None:
    assigned, following = carry_over([[C, D]], {A: 1, B: 1}, next_number=2)
    assert (assigned, following) == ({C: 2, D: 2}, 3)


faces = st.integers(0, 11).map(lambda number: uuid.UUID(int=number))


@given(
    st.lists(st.lists(faces, min_size=1, max_size=6, unique=True), max_size=6),
    st.dictionaries(faces, st.integers(1, 5)),
)
def test_numbers_are_one_to_one_with_people_and_never_reused(
    drafts: list[list[uuid.UUID]], previous: dict[uuid.UUID, int]
) -> None:
    seen: set[uuid.UUID] = set()
    groups = []
    for draft in sorted(drafts, key=len, reverse=True):
        members = [face for face in draft if face not in seen]
        seen.update(members)
        groups += [members] if members else []
    assigned, following = carry_over(groups, previous, next_number=6)
    numbers = [{assigned[face] for face in members} for members in groups]
    assert all(len(found) == 1 for found in numbers)
    flat = [number for found in numbers for number in found]
    assert len(set(flat)) == len(flat)
    assert set(flat) <= set(previous.values()) | set(range(6, following))
    # Again with what came out: nothing changes.
    assert carry_over(groups, assigned, next_number=following) == (assigned, following)


def test_a_number_whose_faces_went_on_in_another_says_so() -> None:
    found = regroup([[[A, B, C, D, E]]], [A, B, C, D, E], {A: 1, B: 1, C: 1, D: 2, E: 2}, next_number=3)
    assert (found.merged_into, found.split_from) == ({2: 1}, {})


def test_a_number_born_out_of_another_says_so() -> None:
    found = regroup([[[A, B], [C]]], [A, B, C], {A: 1, B: 1, C: 1}, next_number=2)
    assert (found.numbers, found.split_from, found.next_number) == ({A: 1, B: 1, C: 2}, {2: 1}, 3)


def test_a_number_whose_faces_are_gone_went_nowhere() -> None:
    found = regroup([[[A, B]]], [A, B], {A: 1, B: 1}, next_number=3)
    assert (found.merged_into, found.split_from) == ({}, {})


def test_faces_that_were_deleted_meanwhile_count_for_nobody() -> None:
    # Read as three of one person; two of them are gone by now.
    found = regroup([[[A, B, C], [D]]], [A, B, C, D], {A: 2, D: 1}, next_number=3)
    assert found.numbers == {A: 2, D: 1}


def test_a_face_that_came_meanwhile_stays_where_it_joined() -> None:
    found = regroup([[[A, B]]], [A, B], {A: 1, B: 1, C: 1, D: NO_PERSON}, next_number=2)
    assert found.numbers == {A: 1, B: 1, C: 1, D: NO_PERSON}


def test_a_face_that_joined_a_number_that_goes_on_in_another_goes_along() -> None:
    found = regroup([[[A, B, C]]], [A, B, C], {A: 1, B: 1, C: 2, D: 2}, next_number=3)
    assert (found.numbers[D], found.merged_into) == (1, {2: 1})


def test_a_face_in_no_group_any_more_is_in_no_person() -> None:
    assert regroup([[[A]]], [A, B], {A: 1, B: 1}, next_number=2).numbers == {A: 1, B: NO_PERSON}


def test_those_of_a_person_whom_two_encoders_have_seen_have_one_number() -> None:
    found = regroup([[[A, B]], [[C, D], [E]]], [A, B, C, D, E], {A: 1, B: 1, C: 1, D: 1, E: 2}, next_number=3)
    assert found.numbers == {A: 1, B: 1, C: 1, D: 1, E: 2}
