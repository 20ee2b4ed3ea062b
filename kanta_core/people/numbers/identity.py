"""Numbers that stay with a person from one grouping to the next."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from kanta_core.domain.faces import NO_PERSON

Groups = Sequence[Sequence[uuid.UUID]]


@dataclass(frozen=True, slots=True)
class Regrouped:
    """The number of every face of the event, NO_PERSON for none, and the next that was never used.

    `merged_into` says in which number one went on that has no faces any more, `split_from` out of which one a new
    one was born.
    """

    numbers: dict[uuid.UUID, int]
    next_number: int
    merged_into: dict[int, int]
    split_from: dict[int, int]


def regroup(
    by_encoder: Sequence[Groups],
    read: Collection[uuid.UUID],
    previous: Mapping[uuid.UUID, int],
    *,
    next_number: int,
) -> Regrouped:
    """A new grouping under the numbers of the `previous` one, which holds every face that is there.

    `by_encoder` has the new groups of each encoder, largest first; those of a person whom several have seen go on
    under its number in each. Of the faces that were `read` those in no group are in no person. A face that came
    meanwhile stays where it is, and goes along when its number goes on in another.
    """
    numbered = {face: number for face, number in previous.items() if number != NO_PERSON}
    first_new = next_number
    fresh: dict[uuid.UUID, int] = {}
    for groups in by_encoder:
        there = [kept for group in groups if (kept := [face for face in group if face in previous])]
        numbers, next_number = carry_over(there, numbered, next_number=next_number)
        fresh |= numbers
    origins: dict[int, Counter[int]] = {}
    fates: dict[int, Counter[int]] = {}
    for face, number in fresh.items():
        if face in numbered:
            fates.setdefault(numbered[face], Counter())[number] += 1
            if number >= first_new:
                origins.setdefault(number, Counter())[numbered[face]] += 1
    living = set(fresh.values())
    merged_into = {number: _most(fate) for number, fate in fates.items() if number not in living}
    split_from = {number: _most(parents) for number, parents in origins.items()}
    was_read = set(read)
    numbers = {}
    for face, number in previous.items():
        late = NO_PERSON if face in was_read else merged_into.get(number, number)
        numbers[face] = fresh.get(face, late)
    return Regrouped(numbers, next_number, merged_into, split_from)


def _most(counted: Counter[int]) -> int:
    """The number counted most often, the lowest of equals."""
    return min(counted, key=lambda number: (-counted[number], number))


def carry_over(
    groups: Groups, previous: Mapping[uuid.UUID, int], *, next_number: int
) -> tuple[dict[uuid.UUID, int], int]:
    """The number of each face's person, and the next number that was never used.

    `groups` are the new people, largest first; `previous` the number each face had. A person goes on under its
    number in the group that holds most of its faces; of people joined into one, the number with most faces
    there goes on (the lower one when they are equal). Groups that are nobody's get new numbers, in order.
    """
    shared: list[tuple[int, int, int]] = []
    for place, group in enumerate(groups):
        numbers = Counter(previous[face] for face in group if face in previous)
        shared += [(-count, number, place) for number, count in numbers.items()]
    number_of: dict[int, int] = {}
    used: set[int] = set()
    for _, number, place in sorted(shared):
        if place not in number_of and number not in used:
            number_of[place] = number
            used.add(number)
    assigned: dict[uuid.UUID, int] = {}
    for place, group in enumerate(groups):
        if place not in number_of:
            number_of[place] = next_number
            next_number += 1
        assigned.update(dict.fromkeys(group, number_of[place]))
    return assigned, next_number
