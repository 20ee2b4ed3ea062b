"""Groups grow: in rounds, every two that are each other's best candidate are joined.

The cost of joining A and B, over embeddings of unit length, is

    mean d²(A, B) + SMALL / (|A|·|B|) - SPREAD · ((W(A) + W(B)) / 2 - USUAL) - ROOM · (r(A) + r(B)) / 2

Read it as: how far apart are their faces, against how far apart one person's faces are expected to be here.

- Mean distance needs only each group's sum of vectors, mean d²(A, B) = 2 - 2 ΣA·ΣB / (|A||B|), so no group and no
  chain of look-alikes gets too large for it, and one stray face decides nothing, as it does in density methods.
- Few pairs are weak evidence: the error of their mean falls with their number, and SMALL is its toll.
- Some people's faces spread more than others' (age, glasses, poses). W, the mean squared distance inside, tells; a
  small group doesn't know its W yet, so it is drawn towards USUAL by as many pairs as USUAL_WEIGHT.
- Some people have many look-alikes. r, how much room there is around a group's faces (crowding.py), is what a
  distance has to be held against.

Groups are joined up to a threshold that falls with the number of groups there are, as each is one more that may
look alike by chance: by CROWD for every tenfold. It is the groups that count, not the faces, as a person with a
thousand photos is no crowd. So what is clear is joined first, and the fewer people are left, the more it takes to
be another.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.people.neighbours import distinct, near_pairs
from kanta_core.people.photos import Photos

# Pairs of faces further apart than this are never the first evidence for joining two groups.
_RADIUS = 0.16
_NEAREST = 8
# Pairs of groups whose sums are multiplied at a time: 16,384 pairs of float64 are 32 MB.
_BLOCK = 16_384
# Groups compared with all others at a time.
_ROWS = 512


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of the cost, fitted by `python -m bench fit_people`: one setting for all events."""

    threshold: float = 0.152
    small: float = 0.030
    spread: float = 0.80
    room: float = 0.85
    crowd: float = 0.015
    usual: float = 0.10
    usual_weight: float = 12.0

    def most(self, groups: int) -> float:
        """Up to which cost groups are joined while there are this many."""
        return self.threshold - self.crowd * float(np.log10(max(groups, 1) / 1_000))


RULE = Rule()


class Groups:
    """The groups as they are between rounds; group g is known by the row of its first face in `labels`."""

    def __init__(
        self, vectors: NDArray[np.float32], room: NDArray[np.float64], photos: Photos, rule: Rule = RULE
    ) -> None:
        """Every face is a group; `vectors` are of unit length and ordered by content, `room` is crowding.py's."""
        count = len(vectors)
        self.rule = rule
        self.labels = np.arange(count)
        self.count = count
        self.sizes = np.ones(count)
        self.sums = vectors.astype(np.float64)
        self.room = room.copy()
        self.spread = np.full(count, rule.usual)
        self._photos = photos
        self._left = self._right = np.empty(0, np.intp)
        self._between = np.empty(0)
        self._become(*photos.apart(*near_pairs(vectors, radius=_RADIUS, most=_NEAREST)))

    def grow(self) -> None:
        """Join until nothing is near enough."""
        before = -1
        while self.count != before:
            while self._join():
                pass
            before = self.count
            self._look_again()
            while self._join():
                pass

    def _join(self) -> bool:
        """One round; whether anything changed."""
        left, right = self._left, self._right
        costs = self.costs(left, right, self._between)
        best = np.full(len(self.labels), np.inf)
        np.minimum.at(best, left, costs)
        np.minimum.at(best, right, costs)
        mutual = np.flatnonzero(
            (costs < self.rule.most(self.count)) & (costs == best[left]) & (costs == best[right])
        )
        if not len(mutual):
            return False
        shared = self._photos.shared(self.labels, left[mutual], right[mutual])
        chosen = _disjoint(left, right, mutual[~shared])
        forbidden = np.zeros(len(left), np.bool_)
        forbidden[mutual[shared]] = True
        self._merge(left[chosen], right[chosen], ~forbidden)
        return True

    def costs(
        self, left: NDArray[np.intp], right: NDArray[np.intp], between: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """What joining each pair of groups would cost, the mean squared distances between them being known."""
        leniency = self.rule.spread * ((self.spread[left] + self.spread[right]) / 2.0 - self.rule.usual)
        room = self.rule.room * (self.room[left] + self.room[right]) / 2.0
        toll = self.rule.small / (self.sizes[left] * self.sizes[right])
        return np.asarray(between + toll - leniency - room, np.float64)

    def _merge(self, left: NDArray[np.intp], right: NDArray[np.intp], allowed: NDArray[np.bool_]) -> None:
        count = len(self.labels)
        sizes = self.sizes[left] + self.sizes[right]
        self.room[left] = (self.room[left] * self.sizes[left] + self.room[right] * self.sizes[right]) / sizes
        self.sums[left] += self.sums[right]
        self.sizes[left] = sizes
        # Inside: the mean of 2 - 2 x·y over pairs is 2 (n² - |Σ|²) / (n (n - 1)).
        squares = sizes**2 - np.einsum("ij,ij->i", self.sums[left], self.sums[left])
        pairs, weight = sizes * (sizes - 1.0) / 2.0, self.rule.usual_weight
        self.spread[left] = (squares + weight * self.rule.usual) / (pairs + weight)
        self.count -= len(left)
        renamed = np.arange(count)
        renamed[right] = left
        self.labels = renamed[self.labels]
        changed = np.zeros(count, np.bool_)
        changed[left] = True
        a, b = renamed[self._left], renamed[self._right]
        kept = (a != b) & allowed
        keys, first = np.unique(np.minimum(a, b)[kept] * count + np.maximum(a, b)[kept], return_index=True)
        self._left, self._right = keys // count, keys % count
        self._between = self._distances(changed[self._left] | changed[self._right], self._between[kept][first])

    def _look_again(self) -> None:
        """Compare groups by their means: the nearest of a face are all in its own group once that is large."""
        alive = np.unique(self.labels)
        means = (self.sums[alive] / self.sizes[alive][:, None]).astype(np.float32)
        large = np.flatnonzero(self.sizes[alive] > _NEAREST)
        lefts, rights = [self._left], [self._right]
        for rows in np.array_split(large, len(large) // _ROWS + 1):
            row, right = np.nonzero(means[rows] @ means.T > 1.0 - _RADIUS / 2.0)
            lefts.append(alive[rows[row]])
            rights.append(alive[right])
        self._become(np.concatenate(lefts), np.concatenate(rights))

    def _become(self, left: NDArray[np.intp], right: NDArray[np.intp]) -> None:
        self._left, self._right = distinct(left, right, len(self.labels))
        pairs = len(self._left)
        self._between = self._distances(np.ones(pairs, np.bool_), np.zeros(pairs))

    def _distances(self, stale: NDArray[np.bool_], known: NDArray[np.float64]) -> NDArray[np.float64]:
        for rows in np.array_split(np.flatnonzero(stale), int(stale.sum()) // _BLOCK + 1):
            left, right = self._left[rows], self._right[rows]
            dots = np.einsum("ij,ij->i", self.sums[left], self.sums[right])
            known[rows] = 2.0 - 2.0 * dots / (self.sizes[left] * self.sizes[right])
        return known


def _disjoint(left: NDArray[np.intp], right: NDArray[np.intp], pairs: NDArray[np.intp]) -> NDArray[np.intp]:
    # Ties can make one group the best of two others: the first in order of content wins.
    taken: set[int] = set()
    keep = []
    for pair, a, b in zip(pairs.tolist(), left[pairs].tolist(), right[pairs].tolist(), strict=True):
        if a not in taken and b not in taken:
            keep.append(pair)
            taken.update((a, b))
    return np.array(keep, np.intp)
