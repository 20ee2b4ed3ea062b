"""How a face lies in the photo: five landmarks, and the chip that an embedding is made of."""

from __future__ import annotations

from collections.abc import Sequence

import dlib
import numpy as np
from numpy.typing import NDArray

from kanta_core.vision import models
from kanta_core.vision.detection import Detection

Landmarks = tuple[tuple[int, int], ...]
Pixels = NDArray[np.uint8]

CHIP_SIDE = 150
_CHIP_PADDING = 0.25


def landmarks(pixels: Pixels, face: Detection) -> Landmarks:
    """Five points of a face in the upright RGB photo `pixels`, uint8 (height, width, 3), in its pixels."""
    if face.turns:
        return _turned_landmarks(pixels, face)
    shape = models.landmark_predictor()(pixels, dlib.rectangle(face.left, face.top, face.right, face.bottom))
    return tuple((point.x, point.y) for point in shape.parts())


def chips(pixels: Pixels, faces: Sequence[Landmarks]) -> Pixels:
    """The faces with these landmarks upright and of one size: uint8 (len(faces) > 0, 150, 150, 3)."""
    shapes = dlib.full_object_detections(
        [dlib.full_object_detection(dlib.rectangle(), [dlib.point(*point) for point in face]) for face in faces]
    )
    return np.stack(dlib.get_face_chips(pixels, shapes, size=CHIP_SIDE, padding=_CHIP_PADDING))


def _turned_landmarks(pixels: Pixels, face: Detection) -> Landmarks:
    # The predictor knows upright faces only: it gets the face's surroundings, turned.
    margin = face.right - face.left
    left, top = max(face.left - margin, 0), max(face.top - margin, 0)
    around = pixels[top : face.bottom + margin, left : face.right + margin]
    height, width = around.shape[:2]
    x, y = (face.left + face.right) / 2 - left, (face.top + face.bottom) / 2 - top
    for _ in range(face.turns):
        x, y, width, height = y, width - x, height, width
    half = margin // 2
    centre_x, centre_y = round(x), round(y)
    rectangle = dlib.rectangle(centre_x - half, centre_y - half, centre_x + half, centre_y + half)
    turned = np.ascontiguousarray(np.rot90(around, face.turns))
    points = [(point.x, point.y) for point in models.landmark_predictor()(turned, rectangle).parts()]
    for _ in range(face.turns):
        points = [(height - y, x) for x, y in points]
        width, height = height, width
    return tuple((x + left, y + top) for x, y in points)
