"""How well a face's embedding is likely to match others of the same person.

A straight line through what can be seen of the face foretells its mean distance to the person's other faces, and
that is turned into 0..1. `python -m bench fit_quality` fits the line to one half of the people of LFW, photos made
smaller and softer among them, and says how well it does on the other half: Spearman's ρ is .62, and .25 among the
photos as they are. How far the head is turned, told from the landmarks, adds nothing to that: the detector's score
falls with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

# Of each of `features`.
_LINE = np.array([0.2870, 0.0266, 0.0333, -0.0466, -0.0640])
# Distances of unit-length embeddings that make 1 and 0.
_BEST, _WORST = 0.28, 0.46
# Eyes further apart than this many pixels make no embedding better: the chip has them 42 px apart.
_ENOUGH = 30.0


def quality(chip: NDArray[np.uint8], landmarks: Sequence[tuple[int, int]], score: float) -> float:
    """0..1, higher is better, from a face's chip and its landmarks in working pixels.

    `score` is the detector's, divided by what it usually gives a portrait.
    """
    foretold = float(_LINE @ features(chip, landmarks, score))
    return min(1.0, max(0.0, (_WORST - foretold) / (_WORST - _BEST)))


def features(chip: NDArray[np.uint8], landmarks: Sequence[tuple[int, int]], score: float) -> NDArray[np.float64]:
    """1, the log of the eyes' distance in pixels and its square, sharpness, score: float64 (5,)."""
    points = np.asarray(landmarks, dtype=np.float64)
    apart = float(np.hypot(*(points[2:4].mean(axis=0) - points[0:2].mean(axis=0))))
    size = np.log(min(max(apart, 1.0), _ENOUGH) / _ENOUGH)
    return np.array([1.0, size, size**2, _sharpness(chip), score])


def _sharpness(chip: NDArray[np.uint8]) -> float:
    """The log of how strong edges are beside the contrast: the Laplacian over the middle of the chip."""
    grey = chip[25:125, 25:125] @ np.array([0.299, 0.587, 0.114], np.float32)
    edges = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return float(np.log((edges.std() + 0.1) / (grey.std() + 1)))
