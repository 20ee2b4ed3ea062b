"""Which boxes found which faces: one rule for detectors of differing conventions."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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
    return has_centre(true, found) and overlap(found, true) >= _LEAST_OVERLAP


def has_centre(place: Box, box: Box) -> bool:
    """Whether the centre of `box` lies in `place`."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return place[0] <= x <= place[0] + place[2] and place[1] <= y <= place[1] + place[3]


def match(found: Sequence[Box], true: Sequence[Box]) -> dict[int, int]:
    """The found box of each face that has one, by positions: as many pairs as can be, no box or face twice.

    Of equally many pairs those that overlap most.
    """
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - 50 MB, where a process's memory is measured

    worth: NDArray[np.float64] = np.array(
        [[1 + overlap(f, t) / (len(true) + 1) if matches(f, t) else 0.0 for f in found] for t in true]
    ).reshape(len(true), len(found))
    rows, columns = linear_sum_assignment(worth, maximize=True)
    return {int(row): int(column) for row, column in zip(rows, columns, strict=True) if worth[row, column]}


@dataclass(slots=True)
class Tally:
    """Faces found of those there are, by the width of their true box, and boxes on no face.

    `edges` are the widths where one class ends and the next begins, in pixels.
    """

    edges: Sequence[float]
    photos: int = 0
    false: int = 0
    true: Counter[int] = field(default_factory=Counter)
    found: Counter[int] = field(default_factory=Counter)

    def add(self, found: Sequence[Box], true: Sequence[Box], optional: Sequence[Box] = ()) -> dict[int, int]:
        """Count one photo; a second box on a face is a false one, one with its centre in `optional` is none.

        The found box of each face that has one, by positions.
        """
        matched = match(found, true)
        self.photos += 1
        self.true.update(self._class(face) for face in true)
        self.found.update(self._class(true[face]) for face in matched)
        spare = [box for position, box in enumerate(found) if position not in matched.values()]
        self.false += sum(not any(has_centre(place, box) for place in optional) for box in spare)
        return matched

    def classes(self) -> list[str]:
        """The classes' names: '< 20', '20–40', …, '≥ 160'."""
        between = [f"{low:g}–{high:g}" for low, high in pairwise(self.edges)]
        return [f"< {self.edges[0]:g}", *between, f"≥ {self.edges[-1]:g}"]

    def cells(self) -> list[str]:
        """Found of all by class, as in '17/18'; '–' where there is none."""
        classes = range(len(self.edges) + 1)
        return [f"{self.found[one]}/{self.true[one]}" if self.true[one] else "–" for one in classes]

    @property
    def recall(self) -> float:
        return self.found.total() / max(self.true.total(), 1)

    def _class(self, face: Box) -> int:
        return bisect_right(self.edges, face[2])
