"""Faces in memory: those that may be among the nearest are named, whatever rounding does."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Literal

import numpy as np
import pytest
from numpy.typing import NDArray

from kanta_core.people.search.gallery import Gallery

FACES = 3_000


def made_up(vectors: NDArray[np.float32]) -> tuple[Gallery, list[uuid.UUID]]:
    ids = [uuid.UUID(int=number) for number in range(len(vectors))]
    return Gallery(
        1, datetime.now(UTC), np.array([list(one.bytes) for one in ids], np.uint8).reshape(-1, 16), vectors
    ), ids


def exact(vectors: NDArray[np.float32], shown: NDArray[np.float32], metric: str) -> NDArray[np.float64]:
    wide, one = vectors.astype(np.float64), shown.astype(np.float64)
    if metric == "l2":
        return np.asarray(np.linalg.norm(wide - one, axis=1))
    return np.asarray(1 - wide @ one / np.linalg.norm(wide, axis=1) / np.linalg.norm(one))


@pytest.mark.parametrize("metric", ["cosine", "l2"])
@pytest.mark.parametrize("spread", [1.0, 1e-3, 1e-6])
def test_the_nearest_are_named_and_few_besides(metric: Literal["cosine", "l2"], spread: float) -> None:
    chance = np.random.default_rng(1)
    middle = chance.normal(scale=0.12, size=128)
    vectors = (middle + spread * chance.normal(scale=0.12, size=(FACES, 128))).astype(np.float32)
    vectors *= chance.uniform(0.9, 1.1, size=(FACES, 1)).astype(np.float32)
    gallery, ids = made_up(vectors)
    shown = middle.astype(np.float32)
    order = np.argsort(exact(vectors, shown, metric), kind="stable")
    for most in (1, 10, 500):
        named = gallery.around(shown, metric).nearest(most)
        assert {ids[row] for row in order[:most].tolist()} <= set(named)
        if spread == 1.0:
            assert len(named) <= most + 2


def test_of_equals_all_are_named() -> None:
    gallery, ids = made_up(np.ones((50, 128), np.float32))
    assert set(gallery.around(np.ones(128, np.float32), "l2").nearest(1)) == set(ids)


def test_more_than_there_are_is_all_of_them() -> None:
    gallery, ids = made_up(np.eye(5, 128, dtype=np.float32))
    around = gallery.around(np.ones(128, np.float32), "cosine")
    assert len(around) == 5
    assert set(around.nearest(5)) == set(around.nearest(99)) == set(ids)
