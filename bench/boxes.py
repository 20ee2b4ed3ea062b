"""Which boxes found which faces: one rule for detectors of differing conventions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

# Left, top, width, height in pixels.
Box = tuple[float, float, float, float]

# A box from hairline to chin and one from brows to chin of the same face overlap by half; neighbours in a crowd
# by a tenth at most.
_LEAST_OVERLAP = 0.3


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    if width <= 0 or height <= 0:
        return 0.0
    shared = width * height
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def matches(found: Box, true: Box) -> bool:
    """Whether `found` is a box of the face in `true`: it has its centre there and overlaps it enough."""
    x, y = found[0] + found[2] / 2, found[1] + found[3] / 2
    inside = true[0] <= x <= true[0] + true[2] and true[1] <= y <= true[1] + true[3]
    return inside and overlap(found, true) >= _LEAST_OVERLAP


def match(found: Sequence[Box], true: Sequence[Box]) -> dict[int, int]:
    """The found box of each face that has one, by positions: as many pairs as can be, no box or face twice.

    Of equally many pairs those that overlap most.
    """
    worth: NDArray[np.float64] = np.array(
        [[1 + overlap(f, t) / (len(true) + 1) if matches(f, t) else 0.0 for f in found] for t in true]
    ).reshape(len(true), len(found))
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if worth[row, column]}
