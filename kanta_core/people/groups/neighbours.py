"""Each face's nearest faces: exact, every face being compared with every other once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

# Rows compared with rows at a time: 1,024² float32 are 4 MB and stay in a processor's cache.
_BLOCK = 1_024
_THREADS = 2
_SKETCH = 64
# By how much two ways of adding up a dot product in float32 may differ.
_ROUNDING = np.float32(1e-5)
# Candidates that are kept before each face's nearest are chosen among them.
_PENDING = 200_000

Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


def near_pairs(vectors: NDArray[np.float32], *, radius: float, most: int) -> Pairs:
    """All pairs (i, j), i < j, closer than `radius` in squared distance, one among the other's `most` nearest.

    `vectors`, float32 (n, d), of unit length, say alone which of equals is taken. Memory grows with n · most.
    """
    count = len(vectors)
    order = _alike_together(vectors)
    vectors = vectors[order]
    nearest = _Nearest(count, most, least=1.0 - radius / 2.0)  # |a-b|² = 2 - 2 a·b
    starts = range(0, count, _BLOCK)
    # Each block by itself comes first: what is found there keeps the rest short.
    # Products on one thread each: BLAS's own would wait for each other, 13 s instead of 8 for 100,000 faces.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(lambda start: _within(vectors, start, nearest), starts))
        if count > _BLOCK:
            sketches = _sketch(vectors)
            list(threads.map(lambda start: _beyond(vectors, sketches, start, nearest), starts))
    left, right = nearest.pairs()
    return distinct(order[left], order[right], count)


def distinct(left: NDArray[np.intp], right: NDArray[np.intp], count: int) -> Pairs:
    """Each pair of different numbers below `count` once, the lower first, in order."""
    keys = np.minimum(left, right) * count + np.maximum(left, right)
    keys = np.sort(keys[left != right])
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys // max(count, 1), keys % max(count, 1)


def _alike_together(vectors: NDArray[np.float32]) -> NDArray[np.intp]:
    """The rows in an order in which those nearest to the same row of a few come one after the other.

    A block then holds most of what its rows are nearest to: with 1,000 faces a person the blocks offer each other
    a third as many pairs, and 100,000 faces take 9 s of processor time instead of 13.
    """
    few = vectors[::_BLOCK]
    nearest = np.empty(len(vectors), np.intp)
    for start in range(0, len(vectors), _BLOCK):
        block = slice(start, start + _BLOCK)
        nearest[block] = np.argmax(vectors[block] @ few.T, axis=1)
    return np.argsort(nearest, kind="stable")


def _sketch(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Half as many numbers for each vector, whose dot products are never below those of the vectors.

    They are its coordinates along the axes on which the vectors are largest, and the length of what is left: of
    two remainders the dot product is at most the product of their lengths.
    """
    axes = np.linalg.eigh(vectors.T @ vectors)[1][:, -_SKETCH:]
    along = vectors @ axes
    rest = np.einsum("ij,ij->i", vectors, vectors) - np.einsum("ij,ij->i", along, along)
    return np.ascontiguousarray(np.column_stack([along, np.sqrt(np.maximum(rest, 0.0))]), np.float32)


def _within(vectors: NDArray[np.float32], start: int, nearest: _Nearest) -> None:
    block = vectors[start : start + _BLOCK]
    dots = block @ block.T
    np.fill_diagonal(dots, -np.inf)
    most = min(nearest.most, len(block))
    columns = np.argpartition(dots, len(block) - most, axis=1)[:, len(block) - most :]
    found = np.take_along_axis(dots, columns, axis=1)
    # argpartition leaves open which of equals it takes: all of them are offered again, in order.
    rows, columns = np.nonzero(dots >= np.maximum(found.min(axis=1), nearest.least)[:, None])
    nearest.offer(rows + start, columns + start, dots[rows, columns])


def _beyond(vectors: NDArray[np.float32], sketches: NDArray[np.float32], start: int, nearest: _Nearest) -> None:
    """The block at `start` against all after it: by their sketches first, then those that may be near."""
    block = sketches[start : start + _BLOCK]
    # Written over for each pair of blocks: memory taken and given back each time costs as much as the comparing.
    bounds, ours, theirs = (np.empty((len(block), _BLOCK), kind) for kind in (np.float32, np.bool_, np.bool_))
    for other in range(start + _BLOCK, len(vectors), _BLOCK):
        others = sketches[other : other + _BLOCK]
        width = len(others)
        here = np.matmul(block, others.T, out=bounds[:, :width])
        worst = nearest.worst[start : start + len(block)] - _ROUNDING
        their_worst = nearest.worst[other : other + width] - _ROUNDING
        wanted = np.greater_equal(here, worst[:, None], out=ours[:, :width])
        wanted |= np.greater_equal(here, their_worst, out=theirs[:, :width])
        row, column = np.divmod(np.flatnonzero(wanted), len(others))
        row, column = row + start, column + other
        dots = np.einsum("ij,ij->i", vectors[row], vectors[column])
        nearest.offer(row, column, dots)
        nearest.offer(column, row, dots)


class _Nearest:
    """The nearest of each row that were found so far; `worst[i]` is the dot product that row i still takes."""

    def __init__(self, count: int, most: int, *, least: float) -> None:
        self.most, self.least = most, np.float32(least)
        self.worst = np.full(count, self.least)
        self._columns = np.full((count, most), -1, np.intp)
        self._dots = np.full((count, most), -np.inf, np.float32)
        self._waiting: list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]] = []
        self._pending = 0
        self._lock = Lock()

    def offer(self, rows: NDArray[np.intp], columns: NDArray[np.intp], dots: NDArray[np.float32]) -> None:
        """Keep of these what is near enough; in which order they are offered makes no difference."""
        wanted = dots >= self.worst[rows]
        with self._lock:
            self._waiting.append((rows[wanted], columns[wanted], dots[wanted]))
            self._pending += int(wanted.sum())
            if self._pending > _PENDING:
                self._choose()

    def _choose(self) -> None:
        rows, columns, dots = (np.concatenate(parts) for parts in zip(*self._waiting, strict=True))
        self._waiting, self._pending = [], 0
        wanted = dots >= self.worst[rows]
        rows, columns, dots = rows[wanted], columns[wanted], dots[wanted]
        its = np.unique(rows)
        # What is known already competes with what is new.
        rows = np.concatenate([rows, np.repeat(its, self.most)])
        columns = np.concatenate([columns, self._columns[its].ravel()])
        dots = np.concatenate([dots, self._dots[its].ravel()])
        order = np.lexsort((columns, -dots, rows))
        rows, columns, dots = rows[order], columns[order], dots[order]
        place = np.arange(len(rows)) - np.searchsorted(rows, rows)
        best = place < self.most
        self._columns[rows[best], place[best]] = columns[best]
        self._dots[rows[best], place[best]] = dots[best]
        self.worst[its] = np.maximum(self._dots[its, -1], self.least)

    def pairs(self) -> Pairs:
        if self._waiting:
            self._choose()
        count = len(self._columns)
        left, place = np.nonzero(self._columns >= 0)
        return distinct(left, self._columns[left, place], count)
