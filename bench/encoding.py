"""What encoding a photo costs, beside face_recognition as its examples use it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable

from bench.photos import portraits
from bench.tables import show
from kanta_core.vision.decode import decode
from kanta_core.vision.encoder import FaceEncoder, engine

_PHOTOS = 30


def run() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import face_recognition  # noqa: PLC0415 - it imports setuptools' deprecated parts

    source, photos = portraits(_PHOTOS)
    encoder = FaceEncoder(max_pixels=64_000_000)
    encoder.encode(photos[0])

    def plain(photo: bytes) -> int:
        pixels = decode(photo, max_pixels=64_000_000).pixels
        boxes = face_recognition.face_locations(pixels, number_of_times_to_upsample=1)
        return len(face_recognition.face_encodings(pixels, boxes))

    ours, found = _timed(lambda photo: len(encoder.encode(photo).faces), photos)
    theirs, plainly_found = _timed(plain, photos)
    decoded = [decode(photo, max_pixels=64_000_000).pixels for photo in photos]
    decoding, _ = _timed(lambda photo: len(decode(photo, max_pixels=64_000_000).pixels), photos)
    its = engine()
    started = time.perf_counter()
    for pixels in decoded:
        its.detect(pixels)
    detecting = 1000 * (time.perf_counter() - started) / len(photos)
    show(
        f"encoding {len(photos)} photos ({source}), one process",
        ("", "ms per photo", "faces", "× ours"),
        [
            ("Kanta", ours, found, 1.0),
            ("  decode", decoding, "", decoding / ours),
            ("  detect", detecting, "", detecting / ours),
            ("face_recognition, upsample 1", theirs, plainly_found, theirs / ours),
        ],
    )


def _timed(encode: Callable[[bytes], int], photos: list[bytes]) -> tuple[float, int]:
    """Milliseconds per photo, and the sum of what `encode` returned."""
    started = time.perf_counter()
    total = sum(encode(photo) for photo in photos)
    return 1000 * (time.perf_counter() - started) / len(photos), total
