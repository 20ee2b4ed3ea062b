"""Which faces are the same person's: those that can be told grow into groups, the poor ones join them last."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import NO_PERSON
from kanta_core.people.groups.agglomeration import agglomerate
from kanta_core.people.groups.crowding import room
from kanta_core.people.groups.photos import Photos
from kanta_core.people.groups.poor import POOR, attach


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

    A face that is alone has a group of its own. Two faces of one photo are in two groups, unless they are one face
    twice. The same faces in another order give the same groups.
    """
    count = len(faces.embeddings)
    numbers = np.full(count, NO_PERSON, np.intp)
    # dlib's vectors have lengths of 1.42 ± .07 that say nothing about who it is; without them plain average
    # linkage gains .02 to .03 BCubed F on LFW.
    vectors = faces.embeddings / np.linalg.norm(faces.embeddings, axis=1, keepdims=True)
    # By content, so that ties and rounding fall the same way whatever order the faces came in.
    # Four numbers of a face's 128 are never another's.
    order = np.lexsort(faces.embeddings.T[:4])
    good = order[faces.qualities[order] >= POOR]
    poor = order[faces.qualities[order] < POOR]
    if len(good):
        photos = Photos(vectors[good], faces.photos[good])
        numbers[good] = _largest_first(agglomerate(vectors[good], room(vectors[good]), photos))
        numbers[poor] = attach(vectors[poor], faces.photos[poor], vectors[good], faces.photos[good], numbers[good])
    return numbers


def _largest_first(labels: NDArray[np.intp]) -> NDArray[np.intp]:
    _, first, numbers, sizes = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    rank = np.empty(len(sizes), np.intp)
    rank[np.lexsort((first, -sizes))] = np.arange(len(sizes))
    return rank[numbers]
