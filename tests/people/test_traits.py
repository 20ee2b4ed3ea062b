"""What is said of a person goes with it under whatever number it goes on."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from kanta_core.domain.corrections import Correction, CorrectionKind, Statement
from kanta_core.people.numbers.lineage import Lineage
from kanta_core.people.numbers.traits import Traits, goes_on_as, traits_of

NAME, HIDE, COVER = CorrectionKind.NAME, CorrectionKind.HIDE, CorrectionKind.COVER
A, B = uuid.UUID(int=1), uuid.UUID(int=2)
# 1 and 2 are living people with a face each; 3 went on as 1.
PEOPLE = {A: 1, B: 2}
GOES_ON = {1: 1, 2: 2, 3: 1}


def traits(*said: tuple[CorrectionKind, int, dict[str, Any]], joined: int = 0) -> dict[int, Traits]:
    """What holds after all this was said; 3 was `joined` to 1 by that correction, or else by the grouping."""
    made = [
        Correction(
            id=place,
            statement=Statement(kind=kind, cluster_id=number, **values),
            next_cluster_id=4,
            made_at=datetime(2026, 5, 1, tzinfo=UTC),
            undone_at=None,
        )
        for place, (kind, number, values) in enumerate(said, 1)
    ]
    return traits_of(made, PEOPLE, goes_on=GOES_ON, joined={3: (1, joined)} if joined else {})


def called(number: int, name: str | None) -> tuple[CorrectionKind, int, dict[str, Any]]:
    return NAME, number, {"name": name}


def test_the_last_word_counts() -> None:
    assert traits(called(1, "Anna"), called(1, "Ann"), called(2, "Ben"), called(2, None)) == {
        1: Traits(name="Ann"),
        2: Traits(),
    }


def test_a_person_without_a_name_takes_that_of_whoever_joins_it() -> None:
    assert traits(called(3, "Cara"))[1].name == "Cara"


def test_a_person_keeps_its_own_name_whoever_joins_it() -> None:
    assert traits(called(1, "Anna"), called(3, "Cara"))[1].name == "Anna"


def test_a_name_that_was_taken_away_after_the_merge_does_not_come_back() -> None:
    assert traits(called(3, "Cara"), called(1, None), joined=1)[1].name is None


def test_a_name_that_was_taken_away_before_the_merge_makes_room_for_the_others() -> None:
    assert traits(called(3, "Cara"), called(1, "Anna"), called(1, None), joined=4)[1].name == "Cara"


def test_hidden_is_who_was_last_said_to_be_under_any_of_its_numbers() -> None:
    assert traits((HIDE, 3, {"hidden": True}))[1].hidden
    assert not traits((HIDE, 3, {"hidden": True}), (HIDE, 1, {"hidden": False}))[1].hidden


def test_a_cover_counts_while_it_is_the_persons_face() -> None:
    assert traits((COVER, 3, {"face_ids": (A,)}))[1].cover == A
    assert traits((COVER, 1, {"face_ids": (A,)}), (COVER, 1, {"face_ids": (B,)}))[1].cover == A
    assert traits((COVER, 1, {"face_ids": (A,)}), (COVER, 1, {"face_ids": ()}))[1].cover is None


def test_a_number_leads_to_whom_it_became() -> None:
    found = goes_on_as(
        range(1, 9),
        frozenset({1, 2}),
        joined={3: (4, 1)},
        lineage=Lineage(merged_into={4: 1, 6: 7}),
        made_out_of={5: 2, 8: 8},
    )
    assert found == {1: 1, 2: 2, 3: 1, 4: 1, 5: 2}
