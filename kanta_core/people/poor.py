"""Faces too poor to say whose they are: they build no people, and join one only where they fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.agglomeration import agglomerate, threshold

# At this quality a face is foretold to lie .42 from the person's other faces; the grouping joins up to .38.
POOR = 0.2
# Faces compared with all groups at a time: 1,024 × 20,000 float32 are 80 MB.
_BLOCK = 1_024


def group_by_quality(embeddings: NDArray[np.float32], qualities: NDArray[np.float32]) -> NDArray[np.intp]:
    """A group number for each face (row) of `embeddings`, float32 (n, 128), -1 for those in none.

    Faces of a quality below POOR do not take part in the grouping. Afterwards each joins the group whose faces are
    nearest to it on average, if they are near enough for the grouping itself.
    """
    numbers = np.full(len(embeddings), NO_PERSON, np.intp)
    good = qualities >= POOR
    numbers[good] = agglomerate(embeddings[good])
    if good.all() or not good.any():
        return numbers
    vectors = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    means = np.zeros((int(numbers.max()) + 1, vectors.shape[1]), np.float32)
    np.add.at(means, numbers[good], vectors[good])
    means /= np.bincount(numbers[good])[:, None]
    most = threshold(int(good.sum()))
    poor = np.flatnonzero(~good)
    for start in range(0, len(poor), _BLOCK):
        block = poor[start : start + _BLOCK]
        # Of vectors of unit length: the mean squared distance to the faces of each group.
        distances = 2.0 - 2.0 * vectors[block] @ means.T
        nearest = distances.argmin(axis=1)
        near = distances[np.arange(len(block)), nearest] < most
        numbers[block[near]] = nearest[near]
    return numbers
