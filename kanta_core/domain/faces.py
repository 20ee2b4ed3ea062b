"""Faces as values: what encoding makes of one photo."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMBEDDING_SIZE = 128
# Of a face that was encoded after its event's people were last made.
NO_PERSON = -1


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright image; x and y are its left and top edge."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Face:
    """One detection in one image.

    `landmarks` are five points in pixels of the upright image (both corners of the right eye as seen, both
    of the left, the base of the nose); `score` is the detector's margin (HOG: 0 is its threshold);
    `embedding` is float32 of shape (128,), compared by L2 distance.
    """

    box: Box
    landmarks: tuple[tuple[int, int], ...]
    score: float
    embedding: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoding:
    """Everything encoding found in one photo; width and height are those of the upright image."""

    width: int
    height: int
    file_extension: str
    faces: tuple[Face, ...]


def face_id(image_id: uuid.UUID, box: Box) -> uuid.UUID:
    """The face's lasting name: the same detection in the same image is the same face, however often encoded."""
    return uuid.uuid5(image_id, f"{box.x},{box.y},{box.width},{box.height}")
