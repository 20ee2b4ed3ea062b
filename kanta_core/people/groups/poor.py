"""Faces too poor to say whose they are: they build no people, and join one only where they fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.cost import RULE

# At this quality a face is foretold to lie .42 from the person's other faces; the grouping joins up to .39.
POOR = 0.2
# Faces compared with all groups at a time: 1,024 × 20,000 float32 are 80 MB.
_BLOCK = 1_024


def attach(
    vectors: NDArray[np.float32],
    photos: NDArray[np.intp],
    to: NDArray[np.float32],
    their_photos: NDArray[np.intp],
    numbers: NDArray[np.intp],
) -> NDArray[np.intp]:
    """For each poor face the number of the group whose faces are nearest to it on average, or -1.

    They must be near enough for the grouping itself, and the group must not be in the face's photo already,
    neither with a face of `to`, whose groups are `numbers` from 0 on, nor with a poor face that came before.
    """
    chosen = np.full(len(vectors), NO_PERSON, np.intp)
    if not len(vectors):
        return chosen
    people = int(numbers.max()) + 1
    means = np.zeros((people, vectors.shape[1]), np.float32)
    np.add.at(means, numbers, to)
    means /= np.bincount(numbers)[:, None]
    taken = set(zip(their_photos.tolist(), numbers.tolist(), strict=True))
    most = RULE.most(people)
    for start in range(0, len(vectors), _BLOCK):
        # Of vectors of unit length: the mean squared distance to the faces of each group.
        distances = 2.0 - 2.0 * vectors[start : start + _BLOCK] @ means.T
        for face, its in enumerate(distances, start):
            near = np.flatnonzero(its < most)
            for number in near[np.argsort(its[near], kind="stable")].tolist():
                if (int(photos[face]), number) not in taken:
                    taken.add((int(photos[face]), number))
                    chosen[face] = number
                    break
    return chosen
