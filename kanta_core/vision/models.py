"""face_recognition's own model files, found without importing their package.

Importing `face_recognition_models` needs setuptools' long-gone `pkg_resources`; the files are all we want.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import dlib

from kanta_core.errors import SettingsError


def path(name: str) -> Path:
    """Where the model file `name` is; SettingsError when the package is missing."""
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise SettingsError("The package face_recognition_models is not installed.")
    return Path(spec.origin).parent / "models" / name


@cache
def detector() -> Any:  # noqa: ANN401 - dlib has no types
    """dlib's HOG face detector (https://dlib.net/face_detector.py.html)."""
    return dlib.get_frontal_face_detector()


@cache
def landmark_predictor() -> Any:  # noqa: ANN401
    """dlib's 5-point model, free for any use (https://dlib.net/face_landmark_detection.py.html)."""
    return dlib.shape_predictor(str(path("shape_predictor_5_face_landmarks.dat")))


@cache
def embedder() -> Any:  # noqa: ANN401
    """dlib's ResNet v1, 29 layers, 128 numbers a face (https://dlib.net/face_recognition.py.html)."""
    return dlib.face_recognition_model_v1(str(path("dlib_face_recognition_resnet_model_v1.dat")))
