"""Whatever the grouping comes to later, what was stated holds, and what is taken back leaves no trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kanta_core.domain.faces import NO_PERSON
from tests.people.album import Album, broken, face

# Anna is around 0, Ben around 10, Cara around 20.
LINE = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 20.0, 21.0]
THREE = [[0, 1, 2, 3], [4, 5, 6], [7, 8]]


@pytest.fixture
def album() -> Album:
    """Anna is 1, Ben 2 and Cara 3."""
    its = Album(list(LINE))
    its.group(THREE)
    return its


def test_without_corrections_readers_see_the_grouping(album: Album) -> None:
    assert album.shown() == {1: [0, 1, 2, 3], 2: [4, 5, 6], 3: [7, 8]}
    assert album.people == album.grouped


def test_two_people_merged_stay_one(album: Album) -> None:
    album.merge(2, 1)
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5, 6], 3: [7, 8]}
    album.group(THREE)
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5, 6], 3: [7, 8]}


def test_a_face_that_the_grouping_adds_to_a_merged_person_goes_with_it(album: Album) -> None:
    album.merge(2, 1)
    album.where.append(10.5)
    album.group([[0, 1, 2, 3], [4, 5, 6, 9], [7, 8]])
    assert album.members(1) == [0, 1, 2, 3, 4, 5, 6, 9]


def test_faces_that_leave_a_merged_person_in_the_grouping_do_not_leave_it(album: Album) -> None:
    album.merge(2, 1)
    album.where.append(10.5)
    # Born out of 2: whoever comes with them is the same person.
    album.group([[0, 1, 2, 3], [4], [5, 6, 9], [7, 8]])
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5, 6, 9], 3: [7, 8]}


def test_a_merged_person_that_the_grouping_finds_in_a_third_is_one_with_it(album: Album) -> None:
    album.merge(3, 1)
    album.group([[0, 1, 2, 3], [4, 5, 6, 7, 8]])
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5, 6, 7, 8]}
    # No longer than the grouping thinks so.
    album.group([[0, 1, 2, 3], [4, 5, 6], [7, 8]])
    assert album.shown() == {1: [0, 1, 2, 3, 7, 8], 2: [4, 5, 6]}


def test_a_merge_that_the_grouping_comes_to_by_itself_keeps_its_number(album: Album) -> None:
    album.merge(1, 3)
    album.group([[0, 1, 2, 3, 7, 8], [4, 5, 6]])
    assert album.shown() == {2: [4, 5, 6], 3: [0, 1, 2, 3, 7, 8]}


def test_faces_split_off_stay_apart_under_a_number_of_their_own(album: Album) -> None:
    album.split(1, [2, 3])
    assert album.shown() == {1: [0, 1], 2: [4, 5, 6], 3: [7, 8], 4: [2, 3]}
    album.group(THREE)
    assert album.shown() == {1: [0, 1], 2: [4, 5, 6], 3: [7, 8], 4: [2, 3]}


def test_a_face_that_comes_after_a_split_goes_to_the_nearer_side(album: Album) -> None:
    album.split(1, [2, 3])
    album.where += [0.2, 2.9]
    album.group([[0, 1, 2, 3, 9, 10], *THREE[1:]])
    assert (album.members(1), album.members(4)) == ([0, 1, 9], [2, 3, 10])


def test_the_parts_stay_apart_when_the_grouping_puts_both_into_another(album: Album) -> None:
    album.split(1, [0])
    album.group([[0, 1, 2, 3], [4, 5, 6, 7, 8]])
    album.group([[0, 1, 2, 3, 4, 5, 6, 7, 8]])
    # The others go with the side they are nearer to.
    assert album.shown() == {2: [1, 2, 3, 4, 5, 6, 7, 8], 4: [0]}


def test_a_face_moved_stays_where_it_was_moved(album: Album) -> None:
    album.move([3, 4], 3)
    album.group([[0, 1, 2, 3, 4], [5, 6], [7, 8]])
    assert album.members(3) == [3, 4, 7, 8]


def test_a_face_moved_to_a_person_goes_on_with_it(album: Album) -> None:
    album.move([4], 3)
    album.group([[0, 1, 2, 3, 7, 8], [4, 5, 6]])
    assert album.shown() == {1: [0, 1, 2, 3, 4, 7, 8], 2: [5, 6]}


def test_a_person_made_of_two_follows_the_grouping_to_another_and_back(album: Album) -> None:
    album.merge(2, 3)
    album.group([[0, 1, 2, 3, 7, 8], [4, 5, 6]])
    assert album.shown() == {1: list(range(9))}
    album.group(THREE)
    assert album.shown() == {1: [0, 1, 2, 3], 4: [4, 5, 6, 7, 8]}


def test_a_face_that_is_not_a_person_is_free_to_be_anybody_else(album: Album) -> None:
    album.deny(1, [3])
    assert album.members(4) == [3]
    album.group([[0, 1, 2], [3, 4, 5, 6], [7, 8]])
    assert album.members(2) == [3, 4, 5, 6]
    album.group(THREE)
    assert (album.members(1), album.members(4)) == ([0, 1, 2], [3])


def test_a_face_that_is_not_a_person_is_not_those_either_whom_it_goes_on_as(album: Album) -> None:
    album.deny(2, [6])
    album.group([[0, 1, 2, 3, 4, 5, 6], [7, 8]])
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5], 3: [7, 8], 4: [6]}


def test_a_face_never_to_be_grouped_never_is(album: Album) -> None:
    album.never([0, 8])
    album.group([[0, 8], [1, 2, 3], [4, 5, 6], [7]])
    assert album.members(NO_PERSON) == [0, 8]


def test_one_person_stays_one_when_the_grouping_parts_it(album: Album) -> None:
    before = album.shown()
    confirmed = album.confirm(1)
    assert album.shown() == before
    album.where.append(0.5)
    # Born out of 1: whoever comes with them is the same person.
    album.group([[0, 1, 2], [3, 9], [4, 5, 6], [7, 8]])
    assert album.members(1) == [0, 1, 2, 3, 9]
    album.without(confirmed)
    assert album.shown() == {1: [0, 1, 2], 2: [4, 5, 6], 3: [7, 8], 4: [3, 9]}


def test_two_different_people_stay_two_when_the_grouping_joins_them(album: Album) -> None:
    album.differ(2, 1)
    assert album.shown() == {1: [0, 1, 2, 3], 2: [4, 5, 6], 3: [7, 8]}
    album.where += [0.5, 11.5]
    album.group([[0, 1, 2, 3, 4, 5, 6, 9, 10], [7, 8]])
    assert album.shown() == {1: [0, 1, 2, 3, 9], 2: [4, 5, 6, 10], 3: [7, 8]}


def test_two_different_people_may_lose_faces_to_others(album: Album) -> None:
    album.differ(2, 1)
    album.group([[0, 1, 2], [4, 5], [3, 6, 7, 8]])
    # Both strays in one group are not the same person: the side that was named first leaves.
    assert album.shown() == {1: [0, 1, 2], 2: [4, 5, 6], 3: [3, 7, 8]}


def test_the_later_of_two_statements_counts(album: Album) -> None:
    album.differ(1, 2)
    album.merge(2, 1)
    assert album.shown() == {1: [0, 1, 2, 3, 4, 5, 6], 3: [7, 8]}
    album.never([0])
    album.move([0], 3)
    assert album.members(3) == [0, 7, 8]


def test_a_move_that_is_undone_after_a_merge_takes_its_face_back(album: Album) -> None:
    moved = album.move([0], 2)
    album.merge(3, 2)
    album.without(moved)
    assert album.shown() == {1: [0, 1, 2, 3], 2: [4, 5, 6, 7, 8]}
    album.again(moved)
    assert album.shown() == {1: [1, 2, 3], 2: [0, 4, 5, 6, 7, 8]}


number = st.integers(0, 11)


@st.composite
def groupings(draw: st.DrawFn, count: int) -> list[list[int]]:
    """People of any sizes; some faces are in none."""
    labels = draw(st.lists(st.integers(-1, 4), min_size=count, max_size=count))
    return [[each for each in range(count) if labels[each] == label] for label in {*labels} - {-1}]


def acted(draw: st.DataObject, album: Album) -> None:
    """Something happens: mostly corrections, of those that an organiser could make just now."""
    shown = {number: members for number, members in album.shown().items() if number != NO_PERSON}
    acts = ["group", "more", "undo", "redo", "never"]
    acts += [*["move", "deny", "split"] * 2, "confirm"] if shown else []
    acts += ["merge", "differ"] * 3 if len(shown) > 1 else []
    act = draw.draw(st.sampled_from(acts))
    if act in {"group", "more"}:
        if act == "more":
            album.where.append(draw.draw(st.floats(0, 30)))
        album.group(draw.draw(groupings(len(album.where))))
    elif act in {"undo", "redo"}:
        if album.corrections:
            album.set_undone(draw.draw(st.integers(1, len(album.corrections))), undone=act == "undo")
    else:
        corrected(draw, album, act, shown)


def corrected(draw: st.DataObject, album: Album, act: str, shown: Mapping[int, Sequence[int]]) -> None:
    numbers = st.sampled_from(sorted(shown) or [0])
    some = st.lists(st.integers(0, len(album.where) - 1), min_size=1, max_size=3, unique=True)
    if act == "never":
        album.never(draw.draw(some))
    elif act == "move":
        album.move(draw.draw(some), draw.draw(numbers))
    elif act == "confirm":
        album.confirm(draw.draw(numbers))
    elif act in {"split", "deny"}:
        its = draw.draw(numbers)
        leaving = draw.draw(st.lists(st.sampled_from(shown[its]), min_size=1, unique=True))
        if act == "deny":
            album.deny(its, leaving)
        elif len(leaving) < len(shown[its]):
            album.split(its, leaving)
    else:
        first, second = draw.draw(st.lists(numbers, min_size=2, max_size=2, unique=True))
        (album.merge if act == "merge" else album.differ)(first, second)


@settings(deadline=None, max_examples=200)
@given(st.data())
def test_whatever_happens_what_was_stated_holds_until_it_is_taken_back(data: st.DataObject) -> None:
    album = Album([float(each) for each in range(8)])
    album.group(data.draw(groupings(8)))
    for _ in range(data.draw(st.integers(1, 12))):
        acted(data, album)
        assert broken(album) == []
        assert set(album.people.values()) <= {NO_PERSON, *range(1, album.next_number)}
    before = album.people
    # Undone and made again, in any order, nothing has changed.
    active = [correction.id for correction in album.active]
    for each in data.draw(st.permutations(active)):
        album.set_undone(each, undone=True)
        assert broken(album) == []
    assert album.people == album.grouped
    for each in data.draw(st.permutations(active)):
        album.set_undone(each, undone=False)
    assert album.people == before
    assert album.faces == [face(each) for each in range(len(album.where))]
