"""Groups grow: in rounds, every two that are each other's best candidate are joined, while it costs little enough.

A face's nearest faces say which groups are candidates. cost.py says what joining two costs, photos.py which two
must not be joined.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.people.groups.cost import RULE, Numbers, Rows, Rule, Sums
from kanta_core.people.groups.neighbours import distinct, near_pairs
from kanta_core.people.groups.photos import Photos

# Pairs of faces further apart than this are never the first evidence for joining two groups.
_RADIUS = 0.16
_NEAREST = 8
# Groups compared with all others at a time.
_ROWS = 512


def agglomerate(vectors: NDArray[np.float32], room: Numbers, photos: Photos, rule: Rule = RULE) -> Rows:
    """The first face of each face's group; `vectors` are of unit length and in an order of content.

    `room` is what crowding.py says of each.
    """
    groups = _Groups(vectors, room, photos, rule)
    groups.grow()
    return groups.labels


class _Groups:
    """The groups as they are between rounds; group g is known by the row of its first face in `labels`.

    Candidates are `_left[k]` and `_right[k]`, `_between[k]` apart.
    """

    def __init__(self, vectors: NDArray[np.float32], room: Numbers, photos: Photos, rule: Rule) -> None:
        count = len(vectors)
        self.labels = np.arange(count)
        self._count = count
        self._sums = Sums(vectors, room, self.labels, count, rule)
        self._most = rule.most
        self._photos = photos
        self._left, self._right = photos.apart(*near_pairs(vectors, radius=_RADIUS, most=_NEAREST))
        self._between = self._sums.between(self._left, self._right)

    def grow(self) -> None:
        """Join until nothing is near enough."""
        before = -1
        while self._count != before:
            while self._join():
                pass
            before = self._count
            self._look_again()
            while self._join():
                pass

    def _join(self) -> bool:
        """One round; whether anything changed."""
        left, right = self._left, self._right
        costs = self._sums.costs(left, right, self._between)
        best = np.full(len(self.labels), np.inf)
        np.minimum.at(best, left, costs)
        np.minimum.at(best, right, costs)
        mutual = np.flatnonzero((costs < self._most(self._count)) & (costs == best[left]) & (costs == best[right]))
        if not len(mutual):
            return False
        shared = self._photos.shared(self.labels, left[mutual], right[mutual])
        chosen = _disjoint(left, right, mutual[~shared])
        allowed = np.ones(len(left), np.bool_)
        allowed[mutual[shared]] = False
        self._merge(left[chosen], right[chosen], allowed)
        return True

    def _merge(self, left: Rows, right: Rows, allowed: NDArray[np.bool_]) -> None:
        """Join these pairs, and keep the candidates that are allowed."""
        count = len(self.labels)
        self._sums.join(left, right)
        self._count -= len(left)
        renamed = np.arange(count)
        renamed[right] = left
        self.labels = renamed[self.labels]
        a, b = renamed[self._left], renamed[self._right]
        kept = (a != b) & allowed
        keys, first = np.unique(np.minimum(a, b)[kept] * count + np.maximum(a, b)[kept], return_index=True)
        self._left, self._right, self._between = keys // count, keys % count, self._between[kept][first]
        changed = np.zeros(count, np.bool_)
        changed[left] = True
        stale = np.flatnonzero(changed[self._left] | changed[self._right])
        self._between[stale] = self._sums.between(self._left[stale], self._right[stale])

    def _look_again(self) -> None:
        """Compare groups by their means: the nearest of a face are all in its own group once that is large."""
        alive = np.unique(self.labels)
        sizes = self._sums.sizes[alive]
        means = (self._sums.totals[alive] / sizes[:, None]).astype(np.float32)
        large = np.flatnonzero(sizes > _NEAREST)
        lefts, rights = [self._left], [self._right]
        for rows in np.array_split(large, len(large) // _ROWS + 1):
            row, right = np.nonzero(means[rows] @ means.T > 1.0 - _RADIUS / 2.0)
            lefts.append(alive[rows[row]])
            rights.append(alive[right])
        self._left, self._right = distinct(np.concatenate(lefts), np.concatenate(rights), len(self.labels))
        self._between = self._sums.between(self._left, self._right)


def _disjoint(left: Rows, right: Rows, pairs: Rows) -> Rows:
    # Ties can make one group the best of two others: the first in order of content wins.
    taken: set[int] = set()
    keep = []
    for pair, a, b in zip(pairs.tolist(), left[pairs].tolist(), right[pairs].tolist(), strict=True):
        if a not in taken and b not in taken:
            keep.append(pair)
            taken.update((a, b))
    return np.array(keep, np.intp)
