"""The encoder that is measured, and face_recognition beside it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from bench.boxes import Box
from bench.photos import full_size
from kanta_core.domain.faces import Encoding
from kanta_core.vision.encoder import EngineName, FaceEncoder

_MOST_PIXELS = 64_000_000

# A photo's bytes → the boxes of the faces found in it, in pixels of the upright photo.
Detect = Callable[[bytes], list[Box]]


def encoder(engine: EngineName | None = None) -> FaceEncoder:
    """Kanta's encoder as the function app uses it, or by the engine named."""
    return FaceEncoder(max_pixels=_MOST_PIXELS, engine_name=engine)


def boxes(encoding: Encoding) -> list[Box]:
    return [(face.box.x, face.box.y, face.box.width, face.box.height) for face in encoding.faces]


def systems() -> dict[str, Detect]:
    """What finds faces, by name: Kanta by each of its engines, and face_recognition."""
    return {
        "Kanta": _kanta_detect(None),
        "Kanta, dlib's engine": _kanta_detect("dlib"),
        "face_recognition, upsample 1": _face_recognition_detect(),
    }


def _kanta_detect(engine: EngineName | None) -> Detect:
    kanta = encoder(engine)
    return lambda data: boxes(kanta.encode(data))


def _face_recognition_detect() -> Detect:
    """face_recognition as its examples use it: dlib's HOG on the photo at full size, upsampled once."""
    library = _face_recognition()

    def detect(data: bytes) -> list[Box]:
        found = library.face_locations(full_size(data), number_of_times_to_upsample=1)
        return [(left, top, right - left, bottom - top) for top, right, bottom, left in found]

    return detect


def face_recognition_encode(data: bytes) -> int:
    """How many faces face_recognition finds and embeds as its examples use it."""
    library, pixels = _face_recognition(), full_size(data)
    places = library.face_locations(pixels, number_of_times_to_upsample=1)
    return len(library.face_encodings(pixels, places))


def _face_recognition() -> Any:  # noqa: ANN401 - it has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition  # noqa: PLC0415 - it imports setuptools' deprecated parts

    return face_recognition
