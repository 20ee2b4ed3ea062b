"""Faces as rows of numbers, as the network gives them: one row each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Rows of centre x, centre y, width, height, score, and the way from the right eye to the left in x and y.
Rows = NDArray[np.float32]
COLUMNS = 7


def distinct(rows: Rows) -> Rows:
    """Of rows that overlap, or of which one lies within the other, the best; best first."""
    rows = rows[np.argsort(-rows[:, 4], kind="stable")]
    kept = []
    while len(rows):
        kept.append(rows[0])
        common, within = overlap(rows[0], rows)
        same = (common > 0.3) | (within > 0.6)  # noqa: PLR2004
        same[0] = True
        rows = rows[~same]
    return np.array(kept, np.float32).reshape(-1, COLUMNS)


def overlap(row: Rows, others: Rows) -> tuple[Rows, Rows]:
    """Intersection over union, and over the smaller of the two."""
    before = np.maximum(row[:2] - row[2:4] / 2, others[:, :2] - others[:, 2:4] / 2)
    after = np.minimum(row[:2] + row[2:4] / 2, others[:, :2] + others[:, 2:4] / 2)
    common = (after - before).clip(0).prod(axis=1)
    area, areas = row[2:4].prod(), others[:, 2:4].prod(axis=1)
    return common / np.maximum(area + areas - common, 1e-6), common / np.maximum(np.minimum(area, areas), 1e-6)


def enlarged(rows: Rows, times: float) -> Rows:
    """The rows themselves, changed to those of a picture so many times as large."""
    rows[:, :4] *= times
    return rows
