"""Fits what the grouping knows to the people of LFW that `events.fitted_on` names, and judges it on the others.

Writes kanta_core/people/groups/crowding.txt, and prints the constants of `cost.Rule`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.events import Event, fitted_on, lfw_event, others, wedding
from bench.scores import scores
from bench.tables import show
from kanta_core.people.groups import crowding
from kanta_core.people.groups.agglomeration import agglomerate
from kanta_core.people.groups.cost import RULE, Rule
from kanta_core.people.groups.photos import Photos

Vectors = NDArray[np.float32]
Numbers = NDArray[np.float64]
Form = Callable[[Vectors], Numbers]
# An event and the room around its faces.
Judged = tuple[Event, Numbers]

_FILE = Path(crowding.__file__).with_name("crowding.txt")
_RIDGE = 0.3
_AXES = 8
_FOLDS = 4
_SMALL_EVENTS, _GUESTS = 40, 12
_PHOTOS_EACH = 20
_STEPS = 60
_STEP = {"threshold": 0.003, "small": 0.005, "spread": 0.08, "room": 0.1, "crowd": 0.003}


def run() -> None:
    event = lfw_event()
    if event is None:
        print("people: left out, LFW is not at hand")
        return
    mine = np.array([fitted_on(name) for name in event.people.tolist()])
    fit, check = event.only(mine), event.only(~mine)
    terms = crowding_terms(fit)
    _write(terms, len(set(fit.people.tolist())))
    rows = [
        (name, len(part.people), float(np.corrcoef(room_of(terms)(part.vectors), others(part))[0, 1]))
        for name, part in (("fitted on", fit), ("the others", check))
    ]
    show("room, foretold and measured", ("people", "faces", "correlation"), rows)
    print(tune(fit))


def crowding_terms(event: Event) -> list[tuple[str, Numbers]]:
    """Constant, linear and square terms of the quadratic form that foretells `others`, less their mean.

    Ridge regression on all products of two coordinates, by its kernel (1 + x·y)²; of the squares the eight axes
    with the largest eigenvalues are kept, which foretell as well as all 128.
    """
    vectors = event.vectors.astype(np.float64)
    far = others(event)
    middle = vectors.mean(axis=0)
    centred = vectors - middle
    scale = 1.0 / centred.var(axis=0).sum()
    kernel = (1.0 + scale * centred @ centred.T) ** 2
    weights = np.linalg.solve(kernel + _RIDGE * np.eye(len(kernel)), far - far.mean())
    values, axes = np.linalg.eigh(scale**2 * (centred.T * weights) @ centred)
    kept = np.argsort(-np.abs(values))[:_AXES]
    square = (axes[:, kept] * values[kept]) @ axes[:, kept].T
    slope = 2.0 * scale * (centred.T @ weights)
    # Around 0 instead of the middle, so that the form is applied to vectors as they are.
    constant = weights.sum() - slope @ middle + middle @ square @ middle
    terms = [("constant", np.array([constant])), ("linear", slope - 2.0 * square @ middle)]
    for k in kept.tolist():
        # An axis and its opposite are the same: the largest number is made positive.
        axis = axes[:, k] * np.sign(axes[np.abs(axes[:, k]).argmax(), k]) * np.sqrt(abs(values[k]))
        terms.append(("+square" if values[k] > 0 else "-square", axis))
    return terms


def room_of(terms: list[tuple[str, Numbers]]) -> Form:
    constant, linear = float(terms[0][1][0]), terms[1][1]

    def form(vectors: Vectors) -> Numbers:
        found = constant + vectors @ linear
        for kind, axis in terms[2:]:
            found += (1.0 if kind == "+square" else -1.0) * (vectors @ axis) ** 2
        return np.asarray(found, np.float64)

    return form


def _write(terms: list[tuple[str, Numbers]], people: int) -> None:
    lines = [
        "# How much room there is around a face x of unit length: constant + linear·x ± (square·x)² ...",
        "# Fitted by `python -m bench fit_people` to one half of LFW's people, as events.fitted_on names them;",
        f"# {len(terms)} terms that sum {people:,} people up. It holds nobody's face.",
    ]
    lines += [" ".join([kind, *(f"{number:.5f}" for number in numbers)]) for kind, numbers in terms]
    _FILE.write_text("\n".join(lines) + "\n", "utf-8")


def tune(fit: Event) -> Rule:
    """The rule that is best on the people fitted on: all of them, those with four photos, and weddings of them.

    Room is foretold for each by a form fitted to the rest of them, as it will be for people nobody knows.
    """
    names = np.unique(fit.people)
    fold = dict(
        zip(names.tolist(), np.random.default_rng(0).integers(_FOLDS, size=len(names)).tolist(), strict=True)
    )
    folds = np.array([fold[name] for name in fit.people.tolist()])
    room = np.zeros(len(folds))
    weddings: list[Judged] = []
    for number in range(_FOLDS):
        form = room_of(crowding_terms(fit.only(folds != number)))
        held = fit.only(folds == number)
        room[folds == number] = form(held.vectors)
        made = wedding(held, number, guests=50, strangers=50, photos=300)
        weddings.append((made, form(made.vectors)))
    few = _at_most(fit, _PHOTOS_EACH)
    often = few & np.array([np.sum(fit.people == name) >= 4 for name in fit.people.tolist()])
    chance = np.random.default_rng(0)
    large: list[Judged] = [(fit.only(few), room[few])] * 3 + [(fit.only(often), room[often])]
    small: list[Judged] = []
    for _ in range(_SMALL_EVENTS):
        guests = few & np.isin(fit.people, chance.choice(np.unique(fit.people[often]), _GUESTS, replace=False))
        small.append((fit.only(guests), room[guests]))
    best, gained = RULE, _worth(RULE, large, weddings, small)
    print(f"{gained:.5f}", best)
    for _ in range(_STEPS):
        moved = {
            name: round(getattr(best, name) + _STEP[name] * chance.normal(), 4)
            for name in chance.choice(list(_STEP), 2, replace=False).tolist()
        }
        other = replace(best, **moved)
        if (worth := _worth(other, large, weddings, small)) > gained:
            best, gained = other, worth
            print(f"{gained:.5f}", best, flush=True)
    return best


def _worth(rule: Rule, *kinds: list[Judged]) -> float:
    """The mean over kinds of events of BCubed F, less half of what pairwise precision lacks to .99.

    Two people in one are worse than one in two, which one click mends.
    """
    return float(np.mean([np.mean([_found(rule, *judged) for judged in events]) for events in kinds]))


def _found(rule: Rule, event: Event, room: Numbers) -> float:
    order = np.lexsort(event.faces.embeddings.T[:4])
    vectors = event.vectors[order]
    labels = agglomerate(vectors, room[order], Photos(vectors, event.faces.photos[order]), rule)
    found = scores(labels.tolist(), event.people[order].tolist())
    return found.bcubed - max(0.0, 0.99 - found.precision) / 2


def _at_most(event: Event, each: int) -> NDArray[np.bool_]:
    """The first faces of each person: one with hundreds would be most of all pairs."""
    seen: dict[str, int] = {}
    kept = []
    for name in event.people.tolist():
        seen[name] = seen.get(name, 0) + 1
        kept.append(seen[name] <= each)
    return np.array(kept)
