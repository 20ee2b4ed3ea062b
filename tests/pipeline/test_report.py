"""Report: what an organiser should look at first, and nothing that was answered already."""

from __future__ import annotations

import numpy as np
import pytest

from kanta_core.domain.corrections import CorrectionKind
from kanta_core.pipeline.people.correct import set_undone
from kanta_core.pipeline.people.report import Doubtful, find_doubts, report
from tests.pipeline.party import Party
from tests.pipeline.scripted import BROKEN, photo
from tests.pipeline.world import World

# How far the middles of two siblings' faces are apart, squared: just too far to be grouped.
APART = 0.11


@pytest.fixture
def party(world: World, wedding: str) -> Party:
    return Party(world, wedding)


def relate(party: Party, person: int, other: int) -> None:
    """Make `other` look like `person`, who is in a photo already."""
    one = party._centres[person]
    way = np.random.default_rng(other).normal(size=len(one))
    way -= (way @ one) * one
    turn = np.arccos(1.0 - APART / 2.0)
    party._centres[other] = np.cos(turn) * one + np.sin(turn) * way / np.linalg.norm(way)


def doubts(party: Party) -> list[Doubtful]:
    return find_doubts(party.world.services, party.code, most=10)


def numbers(doubt: Doubtful) -> set[int]:
    return {person.cluster_id for person in doubt.people}


def the_siblings(party: Party) -> tuple[int, int]:
    """Two siblings among strangers, one in nine photos and one in four; their numbers."""
    one = party.photograph([1] * 9)
    relate(party, 1, 2)
    other = party.photograph([2] * 4)
    party.photograph([person for person in range(3, 20) for _ in range(4)])
    party.group()
    people = party.people()
    first, second = {people[face] for face in one}, {people[face] for face in other}
    assert len(first) == len(second) == 1
    assert first != second
    return first.pop(), second.pop()


def test_who_may_be_the_same_is_asked_and_strangers_are_not(party: Party) -> None:
    siblings = set(the_siblings(party))
    (doubt,) = doubts(party)
    assert doubt.kind == "same_person"
    assert numbers(doubt) == siblings
    assert 0.05 <= doubt.probability < 1.0
    assert all(0.5 < cohesion < 1.0 for cohesion in doubt.cohesion)


def test_one_who_may_be_two_is_asked_with_the_faces_of_the_smaller_side(party: Party) -> None:
    one, other = party.photograph([1] * 9), party.photograph([2] * 4)
    party.group()
    first = party.people()[one[0]]
    assert doubts(party) == []
    # An earlier grouping took them for one.
    party.world.query(
        "UPDATE faces SET cluster_id = %(first)s, grouped_as = %(first)s WHERE id = ANY(%(other)s) RETURNING 1",
        {"first": first, "other": other},
    )
    (doubt,) = doubts(party)
    assert doubt.kind == "two_people"
    assert numbers(doubt) == {first}
    assert set(doubt.face_ids) == set(other)
    # Somebody says that they are one: that is an answer, too.
    party.correct(kind=CorrectionKind.ONE_PERSON, cluster_id=first)
    assert doubts(party) == []
    party.group()
    assert party.people()[other[0]] == first


@pytest.mark.parametrize("answer", [CorrectionKind.MERGE, CorrectionKind.DIFFERENT_PEOPLE])
def test_what_was_answered_is_asked_again_only_once_the_answer_is_undone(
    party: Party, answer: CorrectionKind
) -> None:
    first, second = the_siblings(party)
    asked = doubts(party)
    made = party.correct(kind=answer, cluster_id=first, other_cluster_id=second)
    assert doubts(party) == []
    set_undone(party.world.services, party.code, made.correction.id, undone=True)
    assert [numbers(doubt) for doubt in doubts(party)] == [numbers(doubt) for doubt in asked]


def test_hidden_people_are_nothing_to_ask_about(party: Party) -> None:
    first, _ = the_siblings(party)
    party.correct(kind=CorrectionKind.HIDE, cluster_id=first, hidden=True)
    assert doubts(party) == []


def test_the_report_counts_people_and_says_why_faces_are_left_out(world: World, wedding: str) -> None:
    world.encoder.blurred = frozenset({"dan"})
    for number, data in enumerate(
        (photo("ann", "bob"), photo("ann", "bob", take=2), photo("ann", "cid"), photo("dan"), photo(), BROKEN)
    ):
        world.drop(f"{wedding}/{number}.jpg", data)
    world.drop(f"{wedding}/again.jpg", photo())
    world.settle()
    party = Party(world, wedding)
    (bob,) = [number for number, faces in party.members().items() if len(faces) == 2]
    party.correct(kind=CorrectionKind.NAME, cluster_id=bob, name="Bob")
    party.correct(kind=CorrectionKind.NEVER_GROUP, face_ids=tuple(party.members()[bob][:1]))
    world.drop(f"{wedding}/late.jpg", photo("eve"))
    world.deliver(f"{wedding}/late.jpg")

    its = report(world.services, wedding)
    assert its.photos == {"encoded": 6, "duplicate": 1, "rejected": 1}
    assert (its.people.people, its.people.singletons, its.people.named, its.people.hidden) == (3, 2, 1, 0)
    assert its.people.faces == 5
    assert its.left_out == {"too_poor": 1, "never_grouped": 1, "waiting": 1}
    assert its.doubtful == 0
    assert not its.event.people_current
    world.settle()
    its = report(world.services, wedding)
    assert its.left_out == {"too_poor": 1, "never_grouped": 1}
    assert its.event.people_current
