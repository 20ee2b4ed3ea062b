"""How right the people are, beside the ways that others group faces; and what it takes by the number of faces."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench.events import Event, crowd, fitted_on, lfw_event, others, wedding, yale_event
from bench.peers import methods
from bench.scores import scores
from bench.tables import show
from bench.taken import taken
from kanta_core.people.groups.grouping import group

_SIZES = (1_000, 10_000, 100_000)
# Faces of one person, where people are many and where they are few.
_EACH = {"many people": 10, "few people": 1_000}
_DENSEST = 0.1


def run() -> None:
    yale, lfw = yale_event(), lfw_event()
    if yale is None:
        print("grouping on Yale: left out, the data is not at hand")
    else:
        _compare("Yale, distinct photos", yale)
    if lfw is None:
        print("grouping on LFW: left out, the data is not at hand")
        return
    held = lfw.only(np.array([not fitted_on(name) for name in lfw.people.tolist()]))
    _compare("LFW, people that nothing was fitted on, as one event", held)
    _compare("a wedding of them, made up", wedding(held, seed=0))
    _growth(held)


def _compare(title: str, event: Event) -> None:
    rows = []
    for name, method in methods().items():
        took = taken(method, event.faces)
        found = scores(took.answer.tolist(), event.people.tolist())
        densest = dense_precision(took.answer, event)
        cost = (took.processor_seconds, f"{took.megabytes:.0f}")
        rows.append((name, found.precision, found.recall, found.bcubed, densest, found.groups, *cost))
    show(
        f"{title}: {len(event.people):,} faces, {len(set(event.people.tolist())):,} people",
        ("", "precision", "recall", "BCubed F", "precision, densest tenth", "people", "CPU s", "MB"),
        rows,
    )


def dense_precision(numbers: NDArray[np.intp], event: Event) -> float:
    """Pairwise precision of pairs with a face of the densest tenth: those whose next other people are nearest."""
    near = others(event)
    dense = np.flatnonzero(near <= np.quantile(near, _DENSEST))
    _, people = np.unique(event.people, return_inverse=True)
    together = numbers[dense][:, None] == numbers
    right = together & (people[dense][:, None] == people)
    return float((right.sum() - len(dense)) / max(together.sum() - len(dense), 1))


def _growth(of: Event) -> None:
    rows = []
    for kind, each in _EACH.items():
        before = None
        for size in _SIZES:
            event = crowd(of, size, max(size // each, 2))
            took = taken(group, event.faces)
            found = scores(took.answer.tolist(), event.people.tolist())
            cost = took.processor_seconds
            slope = "" if before is None else f"{math.log10(cost / before):.2f}"
            right = (found.precision, found.bcubed)
            rows.append((f"{size:,} faces, {kind}", took.seconds, cost, slope, f"{took.megabytes:.0f}", *right))
            before = cost
    show(
        "grouping by number of faces; the slope is the power of N by which the cost grows",
        ("", "seconds", "CPU s", "slope", "MB", "precision", "BCubed F"),
        rows,
    )
