"""Whose face it is: landmarks, then dlib's ResNet."""

from __future__ import annotations

from collections.abc import Sequence

import dlib
import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import Box, Face
from kanta_core.vision import models
from kanta_core.vision.detect import Detection
from kanta_core.vision.pictures import crop
from kanta_core.vision.quality import quality

Landmarks = tuple[tuple[int, int], ...]


def embed(pixels: NDArray[np.uint8], boxes: Sequence[Box]) -> tuple[list[Landmarks], NDArray[np.float32]]:
    """Five landmarks per box, and the embeddings: float32, (len(boxes), 128).

    Equal to `face_recognition.face_encodings(pixels, boxes)` for the same boxes, computed from the full-size
    photo and for all its faces in one call.
    """
    if not boxes:
        return [], np.empty((0, 128), np.float32)
    predictor = models.landmark_predictor()
    shapes = [predictor(pixels, _rectangle(box)) for box in boxes]
    vectors = models.embedder().compute_face_descriptor(pixels, dlib.full_object_detections(shapes))
    landmarks = [tuple((point.x, point.y) for point in shape.parts()) for shape in shapes]
    return landmarks, np.asarray(vectors, dtype=np.float32).reshape(len(boxes), -1)


def faces(pixels: NDArray[np.uint8], detections: Sequence[Detection]) -> tuple[Face, ...]:
    """The detections of one photo as faces with landmarks and embeddings, in the same order."""
    landmarks, vectors = embed(pixels, [detection.box for detection in detections])
    return tuple(
        Face(detection.box, points, detection.score, quality(points), vector, crop(pixels, points))
        for detection, points, vector in zip(detections, landmarks, vectors, strict=True)
    )


def _rectangle(box: Box) -> dlib.rectangle:
    return dlib.rectangle(box.x, box.y, box.x + box.width, box.y + box.height)
