"""Which of two sides a face is nearer to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def nearer_to_first(
    faces: NDArray[np.float32], first: NDArray[np.float32], second: NDArray[np.float32]
) -> NDArray[np.bool_]:
    """Which of `faces` are nearer to the first side than to the second, on average over its faces.

    Each is float32 (n, 128), of any length but zero; distances are squared, between embeddings of unit length.
    """
    mean = _unit(second).mean(axis=0) - _unit(first).mean(axis=0)
    # The mean of |x-a|² over a side is 2 - 2 x·mean(a): the difference of two of them is one product.
    return np.asarray(_unit(faces) @ mean < 0.0)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True))
