"""How crowded face space is around a face: look-alikes of some faces are many, of others few.

dlib's network sees some kinds of faces, those of East Asian people above all, closer together than others, so one
distance means different things in different places. `crowding.txt` holds a quadratic form that foretells the mean
squared distance to the twenty nearest other people, less what is usual; `python -m bench fit_people` fits it and
writes it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# More was not seen in the people it is fitted to, so beyond that it foretells nothing.
_MOST = 0.06
_FILE = Path(__file__).with_name("crowding.txt")


def room(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """How much further than usual the nearest other people are, in squared distance; negative where it is crowded.

    `vectors` are of unit length, float32 (n, 128).
    """
    constant, linear, signs, axes = _form()
    found = constant + vectors @ linear + (vectors @ axes.T) ** 2 @ signs
    return np.asarray(np.clip(found, -_MOST, _MOST), np.float64)


@cache
def _form() -> tuple[float, NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    lines = [line.split() for line in _FILE.read_text("utf-8").splitlines() if not line.startswith("#")]
    terms = [(kind, np.array(numbers, np.float32)) for kind, *numbers in lines]
    quadratic = [(1.0 if kind == "+square" else -1.0, axis) for kind, axis in terms[2:]]
    signs = np.array([sign for sign, _ in quadratic], np.float32)
    return float(terms[0][1][0]), terms[1][1], signs, np.array([axis for _, axis in quadratic])
