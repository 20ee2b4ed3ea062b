"""Whether two faces are one person's: pairs of photos, and the best distance to tell them by."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_FOLDS = 10

# Two photos' names, and whether they show the same person.
Pair = tuple[str, str, bool]


def person(name: str) -> str:
    """Who is in `First_Last_0001.jpg`."""
    return name.rsplit("_", 1)[0]


def draw(names: Iterable[str], of_each: int, seed: int) -> list[Pair]:
    """`of_each` different pairs of one person's photos and as many of two people's, every fold with its share.

    People are drawn first, photos then, as LFW's own protocol does; ValueError where there are too few.
    """
    chance = random.Random(seed)
    photos = defaultdict(list)
    for name in sorted(names):
        photos[person(name)].append(name)
    several = [one for one in photos if len(photos[one]) > 1]
    if (
        sum(len(photos[one]) * (len(photos[one]) - 1) // 2 for one in several) < of_each
        or len(photos) ** 2 < of_each
    ):
        raise ValueError(f"{len(photos)} people's photos make no {of_each} pairs of a kind.")
    same: dict[tuple[str, ...], None] = {}
    while len(same) < of_each:
        same[tuple(sorted(chance.sample(photos[chance.choice(several)], 2)))] = None
    everyone = list(photos)
    different: dict[tuple[str, ...], None] = {}
    while len(different) < of_each:
        two = chance.sample(everyone, 2)
        different[tuple(sorted(chance.choice(photos[one]) for one in two))] = None
    return [pair for (a, b), (c, d) in zip(same, different, strict=True) for pair in ((a, b, True), (c, d, False))]


def verify(
    distances: Sequence[float] | NDArray[np.float64], same: Sequence[bool]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which pairs are judged right, and each fold's threshold: the best one for the nine other folds.

    The folds follow one another, each with as many of a kind. A distance of NaN is a pair with a face that was not
    found, which is an error whatever the threshold.
    """
    far, truth = np.asarray(distances, np.float64), np.asarray(same, np.bool_)
    right = np.zeros(len(far), np.bool_)
    thresholds = np.zeros(_FOLDS)
    for fold, here in enumerate(np.array_split(np.arange(len(far)), _FOLDS)):
        others = np.ones(len(far), np.bool_)
        others[here] = False
        thresholds[fold] = _best(far[others & ~np.isnan(far)], truth[others & ~np.isnan(far)])
        right[here] = ((far[here] < thresholds[fold]) == truth[here]) & ~np.isnan(far[here])
    return right, thresholds


def _best(distances: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold that judges most pairs right, between the two distances it separates."""
    order = np.argsort(distances, kind="stable")
    ranked = distances[order]
    # Of a threshold above the first k: the same ones among them and the different ones after.
    gain = np.concatenate([[0], np.cumsum(np.where(same[order], 1, -1))])
    k = int(gain.argmax())
    low = ranked[k - 1] if k else ranked[0] - 1
    high = ranked[k] if k < len(ranked) else ranked[-1] + 1
    return float((low + high) / 2)
