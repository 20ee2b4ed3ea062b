"""What an organiser should look at first: people who may be two, and pairs who may be one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.cost import RULE, Numbers, Rows, Sums
from kanta_core.people.groups.crowding import room
from kanta_core.people.groups.grouping import Faces
from kanta_core.people.groups.photos import Photos

# The mean squared distance, at unit length, between faces of different people.
_STRANGERS = 0.30
# Pairs of people further apart than this are no question.
_RADIUS = 0.22
# Rounds of going to the nearer side; a person's faces have settled long before.
_ROUNDS = 8
# People compared with all others at a time.
_BLOCK = 512
# What is added up to the logarithm of the odds, for each of a question's features: `python -m bench fit_doubts`.
_SAME = (0.16, -138.57, 0.31)
_TWO = (-0.46, 74.83, -0.55)
# Less likely ones are nothing to ask an organiser.
_LEAST = 0.05


@dataclass(frozen=True, slots=True)
class Doubt:
    """One person who may be two, or two who may be one.

    `numbers` has one person or two; `rows`, of the faces given, are those of the smaller side, of a person who may
    be two. `probability` is that of the doubt being right: of ten with .3, three are.
    """

    kind: Literal["two_people", "same_person"]
    numbers: tuple[int, ...]
    rows: tuple[int, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Question:
    """Whether two groups of faces are one person, by what it costs to join them.

    `margin` is how far that is above the grouping's threshold, `sides` are the rows of the smaller group and of
    the other, `numbers` those of their persons, the larger one's first.
    """

    numbers: tuple[int, ...]
    sides: tuple[Rows, Rows]
    margin: float

    def features(self) -> Numbers:
        """One, the margin, the logarithm of how many faces there are: float64 (3,)."""
        return np.array([1.0, self.margin, np.log(sum(map(len, self.sides)))])


def cohesion(embeddings: NDArray[np.float32], numbers: Rows) -> dict[int, float]:
    """How alike each person's faces are: 1 for the very same or a single one, 0 for as far apart as strangers'.

    `numbers` are the persons' of `embeddings`, float32 (n, 128); -1 is no person. It falls straight with the mean
    squared distance between two of the person's faces.
    """
    known, labels = np.unique(numbers, return_inverse=True)
    sizes = np.bincount(labels).astype(np.float64)
    totals = np.zeros((len(known), embeddings.shape[1]))
    np.add.at(totals, labels, _unit(embeddings))
    apart = (sizes**2 - np.einsum("ij,ij->i", totals, totals)) / np.maximum(sizes * (sizes - 1.0) / 2.0, 1.0)
    found = np.clip(1.0 - apart / _STRANGERS, 0.0, 1.0)
    return {
        number: value for number, value in zip(known.tolist(), found.tolist(), strict=True) if number != NO_PERSON
    }


def doubts(faces: Faces, numbers: Rows, *, most: int) -> list[Doubt]:
    """At most so many doubts about these people, those first whose answer is likely to move many faces.

    `numbers` are the persons' of the faces, whoever decided on them; -1 is no person.
    """
    people = _People(faces, numbers)
    found: list[tuple[float, Doubt]] = []
    for question in people.pairs():
        doubt = Doubt("same_person", question.numbers, (), probability(_SAME, question))
        found.append((_weight(doubt, question), doubt))
    for question in people.splits():
        rows = tuple(question.sides[0].tolist())
        doubt = Doubt("two_people", question.numbers, rows, probability(_TWO, question))
        found.append((_weight(doubt, question), doubt))
    found = [(weight, doubt) for weight, doubt in found if doubt.probability >= _LEAST]
    found.sort(key=lambda each: (-each[0], each[1].kind, each[1].numbers))
    return [doubt for _, doubt in found[:most]]


def questions(faces: Faces, numbers: Rows) -> tuple[list[Question], list[Question]]:
    """The pairs of people who may be one, and each person's most likely two sides."""
    people = _People(faces, numbers)
    return people.pairs(), people.splits()


def probability(odds: tuple[float, float, float], question: Question) -> float:
    return float(1.0 / (1.0 + np.exp(-np.dot(odds, question.features()))))


def _weight(doubt: Doubt, question: Question) -> float:
    return doubt.probability * float(np.log2(1 + len(question.sides[0])))


class _People:
    def __init__(self, faces: Faces, numbers: Rows) -> None:
        self._rows = np.flatnonzero(numbers != NO_PERSON)
        self._vectors = _unit(faces.embeddings[self._rows])
        self._room = room(self._vectors)
        self._photos = Photos(self._vectors, faces.photos[self._rows])
        self._known, self._labels = np.unique(numbers[self._rows], return_inverse=True)
        self._sums = Sums(self._vectors, self._room, self._labels, len(self._known))
        self._order = np.argsort(self._labels, kind="stable")
        self._ends = np.cumsum(np.bincount(self._labels, minlength=len(self._known)))

    def pairs(self) -> list[Question]:
        """Each person with the one it would cost least to join it with, where no photo shows both."""
        count = len(self._known)
        means = (self._sums.totals / self._sums.sizes[:, None]).astype(np.float32)
        lefts, rights = [np.empty(0, np.intp)], [np.empty(0, np.intp)]
        for start in range(0, count, _BLOCK):
            left, right = np.nonzero(means[start : start + _BLOCK] @ means.T > 1.0 - _RADIUS / 2.0)
            after = right > left + start
            lefts.append(left[after] + start)
            rights.append(right[after])
        left, right = np.concatenate(lefts), np.concatenate(rights)
        costs = self._sums.costs(left, right, self._sums.between(left, right))
        best = np.full(count, np.inf)
        np.minimum.at(best, left, costs)
        np.minimum.at(best, right, costs)
        near = (costs == best[left]) | (costs == best[right])
        left, right, costs = left[near], right[near], costs[near]
        one, two = np.minimum(left, right), np.maximum(left, right)
        apart = self._photos.shared(self._labels, one, two) if len(one) else np.empty(0, np.bool_)
        most = RULE.most(count)
        return [
            self._question(self._of(a), self._of(b), cost - most)
            for a, b, cost in zip(one[~apart].tolist(), two[~apart].tolist(), costs[~apart].tolist(), strict=True)
        ]

    def splits(self) -> list[Question]:
        """Each person of two faces or more in two sides: those that it would cost most to join."""
        found = []
        most = RULE.most(len(self._known))
        for person in np.flatnonzero(self._sums.sizes > 1).tolist():
            its = self._of(person)
            best: Question | None = None
            for side in _sides(self._vectors[its]):
                sums = Sums(self._vectors[its], self._room[its], side.astype(np.intp), 2)
                left, right = np.array([0]), np.array([1])
                cost = float(sums.costs(left, right, sums.between(left, right))[0])
                if best is None or cost - most > best.margin:
                    best = self._question(its[~side], its[side], cost - most)
            assert best is not None
            found.append(best)
        return found

    def _of(self, person: int) -> Rows:
        start = int(self._ends[person - 1]) if person else 0
        return self._order[start : int(self._ends[person])]

    def _question(self, one: Rows, other: Rows, margin: float) -> Question:
        smaller, larger = (other, one) if len(other) <= len(one) else (one, other)
        numbers = dict.fromkeys(int(self._known[self._labels[side[0]]]) for side in (larger, smaller))
        return Question(tuple(numbers), (self._rows[smaller], self._rows[larger]), margin)


def _sides(vectors: NDArray[np.float32]) -> list[NDArray[np.bool_]]:
    """Ways to cut a person's faces in two: the one furthest from the others off, and around the two most apart."""
    far = (vectors @ vectors.sum(axis=0)).argmin()
    alone = np.arange(len(vectors)) == far
    one, other = vectors[far], vectors[(vectors @ vectors[far]).argmin()]
    side = alone
    for _ in range(_ROUNDS):
        moved = vectors @ one > vectors @ other
        if moved.all() or not moved.any() or (moved == side).all():
            break
        side = moved
        one, other = vectors[side].mean(axis=0), vectors[~side].mean(axis=0)
    return [alone, side]


def _unit(embeddings: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True), np.float32)
