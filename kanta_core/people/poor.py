"""Faces too poor to say whose they are: they build no people, and join one only where they fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.grouping import group, threshold

# The embedding of a face of lower quality says little: measured by the quality benchmark.
POOR = 0.2


def group_by_quality(embeddings: NDArray[np.float32], qualities: NDArray[np.float32]) -> NDArray[np.intp]:
    """A group number for each face (row) of `embeddings`, float32 (n, 128), -1 for those in none.

    Faces of a quality below POOR do not take part in the grouping. Afterwards each joins the group whose faces are
    nearest to it on average, if they are near enough for the grouping itself.
    """
    numbers = np.full(len(embeddings), NO_PERSON, np.intp)
    good = qualities >= POOR
    numbers[good] = group(embeddings[good])
    if good.all() or not good.any():
        return numbers
    vectors = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float64)
    sizes = np.bincount(numbers[good])
    means = np.zeros((len(sizes), vectors.shape[1]))
    np.add.at(means, numbers[good], vectors[good])
    means /= sizes[:, None]
    # The mean squared distance to a group's faces, all of unit length.
    distances = 2.0 - 2.0 * vectors[~good] @ means.T
    nearest = distances.argmin(axis=1)
    near = distances[np.arange(len(nearest)), nearest] < threshold(int(good.sum()))
    numbers[~good] = np.where(near, nearest, NO_PERSON)
    return numbers
