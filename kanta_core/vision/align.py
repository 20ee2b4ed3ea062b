"""How a face lies in the photo: five landmarks, and the chip that an embedding is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import dlib
import numpy as np
from numpy.typing import NDArray

from kanta_core.vision import models
from kanta_core.vision.detection import Detection
from kanta_core.vision.patch import patch

Landmarks = tuple[tuple[int, int], ...]
Pixels = NDArray[np.uint8]

CHIP_SIDE = 150
_CHIP_PADDING = 0.25
# Degrees up to which dlib's landmarks can be trusted as they are.
_MOST_ROLL = 30.0
# A turned face is looked at in a patch of twice its width, this large at most.
_PATCH_SIDE = 400


def landmarks(pixels: Pixels, face: Detection) -> Landmarks:
    """Five points of a face in the upright RGB photo `pixels`, uint8 (height, width, 3), in its pixels."""
    if abs(face.roll) > _MOST_ROLL:
        return _turned_landmarks(pixels, face)
    shape = models.landmark_predictor()(pixels, dlib.rectangle(face.left, face.top, face.right, face.bottom))
    return tuple((point.x, point.y) for point in shape.parts())


def chips(pixels: Pixels, faces: Sequence[Landmarks]) -> Pixels:
    """The faces with these landmarks upright and of one size: uint8 (len(faces) > 0, 150, 150, 3)."""
    cut = []
    for face in faces:
        shape = dlib.full_object_detection(dlib.rectangle(), [dlib.point(*point) for point in face])
        # One at a time, as face_recognition does: dlib makes smaller copies of all that lies between them.
        cut.append(dlib.get_face_chip(pixels, shape, size=CHIP_SIDE, padding=_CHIP_PADDING))
    return np.stack(cut)


def _turned_landmarks(pixels: Pixels, face: Detection) -> Landmarks:
    # The predictor knows upright faces only: it gets the face's surroundings, turned.
    side = max(face.right - face.left, face.bottom - face.top)
    size = min(2 * side, _PATCH_SIDE)
    x, y = (face.left + face.right) / 2, (face.top + face.bottom) / 2
    angle = math.radians(face.roll)
    upright = np.asarray(patch(pixels, (x, y), 2 * side, size=size, angle=angle))
    rectangle = dlib.rectangle(size // 4, size // 4, size - size // 4, size - size // 4)
    points = models.landmark_predictor()(upright, rectangle).parts()
    step = 2 * side / size
    cos, sin = math.cos(angle) * step, math.sin(angle) * step
    away = [(point.x + 0.5 - size / 2, point.y + 0.5 - size / 2) for point in points]
    return tuple((math.floor(x + cos * a - sin * b), math.floor(y + sin * a + cos * b)) for a, b in away)
