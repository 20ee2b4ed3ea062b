"""Which faces are the same person's."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.people.poor import group_by_quality


@dataclass(frozen=True, slots=True)
class Faces:
    """What the grouping knows of an event's faces, one row each; they come from one encoder.

    `embeddings` are float32 (n, 128), of any length; `qualities` float32 (n,), 0..1; `photos` integers (n,), the
    same number for faces of one photo.
    """

    embeddings: NDArray[np.float32]
    qualities: NDArray[np.float32]
    photos: NDArray[np.intp]


def group(faces: Faces) -> NDArray[np.intp]:
    """A group number for each face, from 0, the largest group first; -1 for a face too poor to be in one.

    A face that is alone has a group of its own. The same faces in another order give the same groups.
    """
    return group_by_quality(faces.embeddings, faces.qualities)
