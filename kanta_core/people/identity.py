"""Numbers that stay with a person from one grouping to the next."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence


def carry_over(
    groups: Sequence[Sequence[uuid.UUID]],
    previous: Mapping[uuid.UUID, int],
    *,
    next_number: int,
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
