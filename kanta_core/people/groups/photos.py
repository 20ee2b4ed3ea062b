"""Two faces of one photo are two people, unless a mirror or a print shows somebody twice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from kanta_core.people.groups.neighbours import Pairs

# Squared distance of two faces in one photo below which they are one face twice: a quarter of the pairs of one
# person's photos from one sitting are that near (Yale). Of 25 million pairs of two people in LFW four are, and
# those are one human under two names.
TWICE = 0.05


class Photos:
    """Which photo each face (row) is in, and which faces of a photo are one face twice."""

    def __init__(self, vectors: NDArray[np.float32], photos: NDArray[np.intp]) -> None:
        """`vectors` of unit length, float32 (n, d); faces of one photo have the same number in `photos`, (n,)."""
        _, self._photos = np.unique(photos, return_inverse=True)
        self._sights = _sights(vectors, self._photos)

    def apart(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> Pairs:
        """The pairs of faces that may be one person."""
        may = (self._photos[left] != self._photos[right]) | (self._sights[left] == self._sights[right])
        return left[may], right[may]

    def shared(
        self, labels: NDArray[np.intp], left: NDArray[np.intp], right: NDArray[np.intp]
    ) -> NDArray[np.bool_]:
        """Which pairs of groups are in one photo, so two people; `labels` are the faces' groups."""
        involved = np.zeros(len(labels), np.bool_)
        involved[left] = involved[right] = True
        faces = np.flatnonzero(involved[labels])
        photos = _common(labels[faces], self._photos[faces], len(labels), left, right)
        sights = _common(labels[faces], self._sights[faces], len(labels), left, right)
        return photos > sights


def _common(
    labels: NDArray[np.intp], of: NDArray[np.intp], count: int, left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.intp]:
    """How many different values of `of`, below `count`, the faces of both groups have."""
    where = csr_array((np.ones(len(labels), np.int32), (labels, of)), shape=(count, count))
    where.data[:] = 1
    return np.asarray(where[left].multiply(where[right]).sum(axis=1), np.intp)


def _sights(vectors: NDArray[np.float32], photos: NDArray[np.intp]) -> NDArray[np.intp]:
    """A number for each face: its own, or that of the face that it shows once more."""
    order = np.argsort(photos, kind="stable")
    starts = np.flatnonzero(np.diff(photos[order], prepend=-1))
    twice: list[NDArray[np.intp]] = [np.empty((0, 2), np.intp)]
    twice += [
        here[np.argwhere(np.triu(vectors[here] @ vectors[here].T > 1.0 - TWICE / 2.0, 1))]
        for here in np.split(order, starts[1:])
        if len(here) > 1
    ]
    left, right = np.concatenate(twice).T
    graph = csr_array((np.ones(len(left), np.int8), (left, right)), shape=(len(photos), len(photos)))
    return np.asarray(connected_components(graph, directed=False)[1], np.intp)
