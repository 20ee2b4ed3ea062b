"""Fits how probable it is that a person found is the human shown to half of LFW's people; judged on the others.

Prints the line for people/search/recognising.py, how reliable it is, and how often the best person is the right
one. Of the photos shown, some are of people who are in none of the event's photos.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.events import Event, fitted_on, lfw_event
from bench.fit_doubts import logistic
from bench.tables import show
from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.grouping import group
from kanta_core.people.search.joining import Neighbour
from kanta_core.people.search.recognising import VOICES, distance_to, features

# As many of LFW's people of the half; 0 is all.
_EVENTS = (0, 700, 300, 150, 75, 0, 700, 300, 150, 75)
# Of people with several photos one is shown for so many; so many others are taken out, and one photo shown.
_SHOWN, _ABSENT = 0.5, 0.15
# As the pipeline looks at first.
_NEAREST = 256
_CANDIDATES = 5
_BOUNDS = (0.0, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99, 1.0)

Table = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Search:
    """The candidates of one photo, nearest first: their features, whether each is right, whether one can be."""

    features: Table
    right: NDArray[np.bool_]
    there: bool


def run() -> None:
    event = lfw_event()
    if event is None:
        print("searches: left out, LFW is not at hand")
        return
    mine = np.array([fitted_on(name) for name in event.people.tolist()])
    fit, check = list(_searches(event.only(mine))), list(_searches(event.only(~mine)))
    odds = logistic(
        np.concatenate([each.features for each in fit]), np.concatenate([each.right for each in fit]).astype(float)
    )
    print(f"({', '.join(f'{number:.2f}' for number in odds)})")
    _judge(odds, check)


def _searches(of: Event) -> Iterator[_Search]:
    for event, asked in shown_to(of, _EVENTS):
        yield from _found(event, asked)


def shown_to(of: Event, sizes: Sequence[int]) -> Iterator[tuple[Event, Event]]:
    """Events of so many of the people, 0 for all, each with photos that are shown to it: of some who are there and
    of some who are not.
    """
    names, numbers = np.unique(of.people, return_inverse=True)
    for seed, people in enumerate(sizes):
        chance = np.random.default_rng(seed)
        chosen = chance.choice(len(names), people or len(names), replace=False)
        asked, absent = np.zeros(len(numbers), np.bool_), np.zeros(len(numbers), np.bool_)
        for person in chosen.tolist():
            rows = np.flatnonzero(numbers == person)
            lot = chance.random()
            if lot < _ABSENT:
                absent[rows] = asked[chance.choice(rows)] = True
            elif lot < _ABSENT + _SHOWN and len(rows) > 1:
                asked[chance.choice(rows)] = True
        yield of.only(np.isin(numbers, chosen) & ~asked & ~absent), of.only(asked)


def _found(event: Event, asked: Event) -> Iterator[_Search]:
    numbers = group(event.faces)
    vectors = event.vectors
    counts = Counter(numbers.tolist())
    human = {number: Counter(event.people[numbers == number].tolist()).most_common(1)[0][0] for number in counts}
    there = set(event.people.tolist())
    for name, shown in zip(asked.people.tolist(), asked.vectors, strict=True):
        distances = 2.0 - 2.0 * vectors @ shown
        near = [
            Neighbour(int(numbers[row]), float(distances[row]))
            for row in np.argsort(distances)[:_NEAREST].tolist()
        ]
        by_person: dict[int, list[Neighbour]] = {}
        for face in near:
            by_person.setdefault(face.number, []).append(face)
        by_person.pop(NO_PERSON, None)
        far = {
            number: distance_to(its, near[-1], min(counts[number], VOICES)) for number, its in by_person.items()
        }
        best = sorted(far, key=far.__getitem__)[:_CANDIDATES]
        yield _Search(
            features(shown, np.array([far[number] for number in best])),
            np.array([human[number] == name for number in best]),
            name in there,
        )


def _judge(odds: Table, searches: list[_Search]) -> None:
    foretold = [1.0 / (1.0 + np.exp(-each.features @ odds)) for each in searches]
    every, right = np.concatenate(foretold), np.concatenate([each.right for each in searches])
    rows = []
    for low, high in pairwise(_BOUNDS):
        here = (every >= low) & (every <= high)
        rows.append(
            (f"{low:.2f}–{high:.2f}", int(here.sum()), float(every[here].mean()), float(right[here].mean()))
        )
    show(
        "candidates of people not fitted on",
        ("foretold", "how many", "foretold on average", "the same human"),
        rows,
    )
    best = [
        (float(chance[0]), bool(each.right[0]), each.there)
        for chance, each in zip(foretold, searches, strict=True)
    ]
    present = [(chance, hit) for chance, hit, there in best if there]
    absent = [chance for chance, _, there in best if not there]
    show(
        "the best person of a search, people not fitted on",
        ("", "searches", "the right one", "foretold on average", "foretold above .5"),
        [
            (
                "in the event",
                len(present),
                float(np.mean([hit for _, hit in present])),
                float(np.mean([chance for chance, _ in present])),
                float(np.mean([chance > 0.5 for chance, _ in present])),
            ),
            ("not in it", len(absent), "–", float(np.mean(absent)), float(np.mean(np.array(absent) > 0.5))),
        ],
    )
