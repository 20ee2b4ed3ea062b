"""People that nobody is, for grouping."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kanta_core.people.groups.grouping import Faces, group

Vectors = NDArray[np.float32]


def people(seed: int, sizes: list[int], spread: float = 0.025) -> tuple[Vectors, list[int]]:
    """Random directions far apart, faces scattered around each; dlib's length of about 1.4."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(sizes), 128))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    who = [person for person, size in enumerate(sizes) for _ in range(size)]
    faces = centres[who] + random.normal(scale=spread / 2, size=(len(who), 128))
    lengths = random.normal(1.42, 0.07, size=(len(who), 1))
    return (faces / np.linalg.norm(faces, axis=1, keepdims=True) * lengths).astype(np.float32), who


def faces_of(
    vectors: Vectors, *, qualities: Vectors | None = None, photos: list[int] | NDArray[np.intp] | None = None
) -> Faces:
    """Good faces, each in a photo of its own, unless said otherwise."""
    count = len(vectors)
    return Faces(
        vectors,
        np.full(count, 0.9, np.float32) if qualities is None else qualities,
        np.arange(count) if photos is None else np.array(photos, np.intp),
    )


def grouped(vectors: Vectors, *, photos: list[int] | None = None) -> list[int]:
    return [int(number) for number in group(faces_of(vectors, photos=photos))]


def partition(numbers: list[int] | NDArray[np.intp], keys: list[int] | None = None) -> set[frozenset[int]]:
    """The groups as sets of rows, or of their keys."""
    keys = list(range(len(numbers))) if keys is None else keys
    return {
        frozenset(key for key, other in zip(keys, numbers, strict=True) if other == number)
        for number in set(numbers)
    }
