"""How well a face's embedding is likely to match others of the same person."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# The chip the network sees has its eyes this far apart: a face smaller than that is made up in between.
_EYES_APART = 75.0


def quality(chip: NDArray[np.uint8], landmarks: Sequence[tuple[int, int]]) -> float:  # noqa: ARG001
    """0..1 from five landmarks in pixels of the photo: 1 for a face that fills the network's chip."""
    points = np.asarray(landmarks, dtype=np.float64)
    apart = float(np.hypot(*(points[2:4].mean(axis=0) - points[0:2].mean(axis=0))))
    return min(1.0, apart / _EYES_APART)
