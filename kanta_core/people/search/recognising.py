"""Whose face it is that somebody shows: an event's people by how probably each is the same human."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.crowding import room
from kanta_core.people.search.joining import Neighbour

# So many of a person's faces speak for it, the nearest: of hundreds some are always far.
VOICES = 10
# Nobody further away, squared and at unit length, than strangers usually are is worth looking for.
STRANGERS = 0.30
# What is added up to the logarithm of the odds, for each of its features: `python -m bench fit_searches`.
# Half of the photos it is fitted to show somebody who is in none of the event's. How near the runner-up is, how
# many faces a person has and how good the photo is do not improve on these.
_ODDS = (15.79, -124.95, 85.09)
# A face in no person that is less likely to be the one shown is left out.
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """A person, or -1 for faces in none, and how probably it is the human shown: of ten with .3, three are.

    `margin` is how much further away the nearest other person is, in squared distance at unit length; negative
    where another is nearer, None where no other was seen. `faces` are the places of those that say so among the
    faces seen, the nearest first.
    """

    number: int
    probability: float
    margin: float | None
    faces: tuple[int, ...]


def recognise(
    shown: NDArray[np.float32], near: Sequence[Neighbour], faces_of: Mapping[int, int]
) -> list[Candidate]:
    """The people of the faces that are nearest to `shown` (float32, (128,)), the most probable first.

    `near` are the nearest faces, nearest first; `faces_of` says how many faces each person has, of more than
    `VOICES` that there are as many. Faces in no person come last, as one candidate that is as probable as the
    nearest of them.
    """
    seen: dict[int, list[int]] = {}
    for place, face in enumerate(near):
        seen.setdefault(face.number, []).append(place)
    loose = seen.pop(NO_PERSON, [])
    distances = [distance_to([near[place] for place in its], near[-1], faces_of[n]) for n, its in seen.items()]
    chances = probability(shown, np.array(distances))
    found = [
        Candidate(number, chance, _margin(distance, distances), tuple(its[:VOICES]))
        for (number, its), distance, chance in zip(seen.items(), distances, chances, strict=True)
    ]
    found.sort(key=lambda each: (-each.probability, each.faces))
    alone = probability(shown, np.array([near[place].squared_distance for place in loose]))
    likely = tuple(place for place, chance in zip(loose, alone, strict=True) if chance >= _LEAST)
    if likely:
        distance = near[likely[0]].squared_distance
        margin = min(distances) - distance if distances else None
        found.append(Candidate(NO_PERSON, alone[0], margin, likely))
    return found


def distance_to(its: Sequence[Neighbour], last: Neighbour, count: int) -> float:
    """How far a person of `count` faces is: the mean over its nearest ones.

    Those not among the faces seen, of which `last` is the farthest, are no nearer than that.
    """
    distances = [face.squared_distance for face in its[:VOICES]]
    unseen = max(min(count, VOICES) - len(distances), 0)
    return (sum(distances) + unseen * last.squared_distance) / (len(distances) + unseen)


def features(shown: NDArray[np.float32], distances: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each candidate: one, its distance, how much room there is around the face that is shown; (n, 3)."""
    vector = shown / np.linalg.norm(shown)
    around = float(room(vector[None])[0])
    return np.column_stack([np.ones(len(distances)), distances, np.full(len(distances), around)])


def probability(shown: NDArray[np.float32], distances: NDArray[np.float64]) -> list[float]:
    """How probably faces at these distances are the same human's."""
    return [float(each) for each in 1.0 / (1.0 + np.exp(-features(shown, distances) @ np.array(_ODDS)))]


def _margin(distance: float, distances: Sequence[float]) -> float | None:
    others = list(distances)
    others.remove(distance)
    return min(others) - distance if others else None
