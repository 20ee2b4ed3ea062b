"""Which faces are near enough to be one person at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Rows compared at a time: 1,024 × 20,000 float32 are 80 MB.
_BLOCK = 1_024


def near_pairs(
    vectors: NDArray[np.float32], *, radius: float, most: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs (i, j), i < j, closer than `radius` in squared distance, one among the other's `most` nearest.

    `vectors` are of unit length, float32, (n, d). Exact: every row is compared with every other, in blocks.
    """
    count = len(vectors)
    least = np.float32(1.0 - radius / 2.0)  # of the dot product: |a-b|² = 2 - 2 a·b
    lefts: list[NDArray[np.intp]] = []
    rights: list[NDArray[np.intp]] = []
    for start in range(0, count, _BLOCK):
        dots = vectors[start : start + _BLOCK] @ vectors.T
        rows = np.arange(len(dots))
        dots[rows, rows + start] = -1.0
        if count > most:
            nearest = np.argpartition(dots, count - most, axis=1)[:, count - most :]
            near = np.take_along_axis(dots, nearest, axis=1) > least
            left, right = np.broadcast_to(rows[:, None] + start, nearest.shape)[near], nearest[near]
        else:
            left, right = np.nonzero(dots > least)
            left = left + start
        lefts.append(np.minimum(left, right))
        rights.append(np.maximum(left, right))
    if not lefts:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    pairs = np.unique(np.concatenate(lefts) * count + np.concatenate(rights))
    return pairs // count, pairs % count
