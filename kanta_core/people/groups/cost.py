"""What it costs to say that two groups of faces are one person.

Over embeddings of unit length, the cost of joining A and B is

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
from scipy.sparse import csr_array

Rows = NDArray[np.intp]
Numbers = NDArray[np.float64]

# Pairs of groups whose sums are multiplied at a time: 16,384 pairs of float64 are 32 MB.
_BLOCK = 16_384


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


class Sums:
    """What the cost needs to know of each group; group g is row g of `sizes`, `totals`, `room` and `spread`."""

    def __init__(
        self, vectors: NDArray[np.float32], room: Numbers, labels: Rows, count: int, rule: Rule = RULE
    ) -> None:
        """Of `count` groups; face i, of unit length, with this much room around it, is in group `labels[i]`."""
        self.rule = rule
        self.sizes = np.bincount(labels, minlength=count).astype(np.float64)
        belongs = csr_array((np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(count, len(labels)))
        self.totals = np.asarray(belongs @ vectors.astype(np.float64), np.float64)
        self.room = np.bincount(labels, room, minlength=count) / np.maximum(self.sizes, 1.0)
        self.spread = np.empty(count)
        self._tell_spread(np.arange(count))

    def join(self, left: Rows, right: Rows) -> None:
        """Each group of `left` takes in that of `right` beside it; no group is there twice."""
        sizes = self.sizes[left] + self.sizes[right]
        self.room[left] = (self.room[left] * self.sizes[left] + self.room[right] * self.sizes[right]) / sizes
        self.totals[left] += self.totals[right]
        self.sizes[left] = sizes
        self._tell_spread(left)

    def between(self, left: Rows, right: Rows) -> Numbers:
        """The mean squared distance between the faces of each pair of groups."""
        found = np.empty(len(left))
        for start in range(0, len(left), _BLOCK):
            block = slice(start, start + _BLOCK)
            dots = np.einsum("ij,ij->i", self.totals[left[block]], self.totals[right[block]])
            found[block] = 2.0 - 2.0 * dots / (self.sizes[left[block]] * self.sizes[right[block]])
        return found

    def costs(self, left: Rows, right: Rows, between: Numbers) -> Numbers:
        """What joining each pair of groups costs, the mean squared distances between them being known."""
        leniency = self.rule.spread * ((self.spread[left] + self.spread[right]) / 2.0 - self.rule.usual)
        room = self.rule.room * (self.room[left] + self.room[right]) / 2.0
        toll = self.rule.small / (self.sizes[left] * self.sizes[right])
        return np.asarray(between + toll - leniency - room, np.float64)

    def _tell_spread(self, groups: Rows) -> None:
        # The squared distances of all pairs inside add up to n² - |Σ|².
        sizes, totals = self.sizes[groups], self.totals[groups]
        squares = sizes**2 - np.einsum("ij,ij->i", totals, totals)
        pairs, weight = sizes * (sizes - 1.0) / 2.0, self.rule.usual_weight
        self.spread[groups] = (squares + weight * self.rule.usual) / (pairs + weight)
