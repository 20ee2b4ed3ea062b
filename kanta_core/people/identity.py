"""Numbers that stay with a person from one grouping to the next."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence

from kanta_core.domain.faces import NO_PERSON

# One face alone is nobody yet: a stranger passing by, or a photo of someone whose others are still to come.
_SMALLEST = 2


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
    A face alone is in no person: -1.
    """
    large = [group for group in groups if len(group) >= _SMALLEST]
    shared: list[tuple[int, int, int]] = []
    for place, group in enumerate(large):
        numbers = Counter(previous[face] for face in group if face in previous)
        shared += [(-count, number, place) for number, count in numbers.items() if number != NO_PERSON]
    number_of: dict[int, int] = {}
    used: set[int] = set()
    for _, number, place in sorted(shared):
        if place not in number_of and number not in used:
            number_of[place] = number
            used.add(number)
    assigned = {face: NO_PERSON for group in groups for face in group}
    for place, group in enumerate(large):
        if place not in number_of:
            number_of[place] = next_number
            next_number += 1
        assigned.update(dict.fromkeys(group, number_of[place]))
    return assigned, next_number
