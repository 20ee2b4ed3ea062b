"""Fits how probable doubts about people are to half of LFW's people, and shows whether it holds for the others.

Their events are of many sizes, weddings among them. Prints the two lines for kanta_core/people/doubts.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.events import Event, fitted_on, lfw_event, wedding
from bench.tables import show
from kanta_core.people.doubts import Question, questions
from kanta_core.people.groups.grouping import group

_PEOPLE = (700, 300, 150, 75, 700, 300, 150, 75)
_WEDDINGS = 3
_BOUNDS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 1.0)
_STEPS = 30
_RIDGE = 1e-4

Table = NDArray[np.float64]


def run() -> None:
    event = lfw_event()
    if event is None:
        print("doubts: left out, LFW is not at hand")
        return
    mine = np.array([fitted_on(name) for name in event.people.tolist()])
    fit, check = _asked(event.only(mine)), _asked(event.only(~mine))
    for kind in fit:
        features, truth = fit[kind]
        odds = logistic(features, truth)
        print(f"{kind}: ({', '.join(f'{number:.2f}' for number in odds)})")
        _reliability(kind, odds, *check[kind])


def _asked(of: Event) -> dict[str, tuple[Table, Table]]:
    """For each kind of doubt the features of all questions, and whether the doubt is right."""
    same: list[tuple[Table, bool]] = []
    two: list[tuple[Table, bool]] = []
    for event in _events(of):
        pairs, splits = questions(event.faces, group(event.faces))
        same += [(question.features(), _one_person(question, event)) for question in pairs]
        two += [(question.features(), not _one_person(question, event)) for question in splits]
    return {
        kind: (np.array([features for features, _ in asked]), np.array([right for _, right in asked], np.float64))
        for kind, asked in (("same_person", same), ("two_people", two))
    }


def _events(of: Event) -> Iterator[Event]:
    yield of
    names = np.unique(of.people)
    for seed, people in enumerate(_PEOPLE):
        yield of.only(np.isin(of.people, np.random.default_rng(seed).choice(names, people, replace=False)))
    for seed in range(_WEDDINGS):
        yield wedding(of, seed)


def _one_person(question: Question, event: Event) -> bool:
    """Whether most of the one side are the same person as most of the other."""
    one, other = (Counter(event.people[side].tolist()).most_common(1)[0][0] for side in question.sides)
    return bool(one == other)


def logistic(features: Table, truth: Table) -> Table:
    """Newton's method for the likeliest coefficients."""
    found = np.zeros(features.shape[1])
    ridge = _RIDGE * np.eye(len(found))
    for _ in range(_STEPS):
        foretold = 1.0 / (1.0 + np.exp(-features @ found))
        curve = (features.T * (foretold * (1.0 - foretold))) @ features + ridge
        found += np.linalg.solve(curve, features.T @ (truth - foretold) - ridge @ found)
    return found


def _reliability(kind: str, odds: Table, features: Table, truth: Table) -> None:
    foretold = 1.0 / (1.0 + np.exp(-features @ odds))
    rows = []
    for low, high in pairwise(_BOUNDS):
        here = (foretold >= low) & (foretold < high)
        if here.any():
            rows.append(
                (f"{low:.2f}–{high:.2f}", int(here.sum()), float(foretold[here].mean()), float(truth[here].mean()))
            )
    show(f"{kind}, people not fitted on", ("foretold", "doubts", "foretold on average", "right"), rows)
