"""A new face joins its person at once, by what its nearest faces say; the next recluster confirms or corrects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from kanta_core.domain.faces import NO_PERSON

# Up to which mean squared distance a face joins, as in the grouping, and the toll on the evidence of few faces.
_THRESHOLD = 0.1434
_SMALL = 0.028


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A face of the event near a new one: its person's number, and how far it is at unit length, squared."""

    number: int
    squared_distance: float


def choose(neighbours: Sequence[Sequence[Neighbour]]) -> list[int]:
    """For each new face of one photo the number of its person, or -1; no person gets two of them.

    `neighbours` are each face's nearest faces in the event, at most 24, those of its own photo left out.
    """
    costs = sorted(
        (cost, face, number)
        for face, its in enumerate(neighbours)
        for number, cost in _costs(its).items()
        if cost < _THRESHOLD
    )
    chosen = [NO_PERSON] * len(neighbours)
    for _, face, number in costs:
        if chosen[face] == NO_PERSON and number not in chosen:
            chosen[face] = number
    return chosen


def _costs(neighbours: Sequence[Neighbour]) -> dict[int, float]:
    """What it would cost the face to join each person near it."""
    distances = defaultdict(list)
    for neighbour in neighbours:
        if neighbour.number != NO_PERSON:
            distances[neighbour.number].append(neighbour.squared_distance)
    return {number: (sum(far) + _SMALL) / len(far) for number, far in distances.items()}
