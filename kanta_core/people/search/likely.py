"""Likely: faces in no person that are somebody's all the same, as far as one can tell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.people.search.recognising import STRANGERS, VOICES, probability

# As likely theirs as not.
_LIKELY = 0.5


def likely_theirs(theirs: NDArray[np.float32], loose: NDArray[np.float32]) -> list[int]:
    """The rows of `loose` that are likely the human of `theirs`: embeddings by one encoder, float32 (n, 128)."""
    if not len(theirs) or not len(loose):
        return []
    own, others = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (theirs, loose))
    squared = 2.0 - 2.0 * others @ own.T
    # The nearest of somebody's faces speak for them, as where a face is sought.
    nearest = np.sort(squared, axis=1)[:, :VOICES].mean(axis=1)
    return [
        row
        for row in np.flatnonzero(nearest < STRANGERS).tolist()
        if probability(loose[row], nearest[row : row + 1])[0] >= _LIKELY
    ]
