"""What encoding a photo costs, stage by stage, beside face_recognition as its examples use it.

The photo has 12 megapixels and some thirty faces, as at a party; each figure is the median of 5, in
processor time, so that what else the machine does counts for little. Memory is the peak of a process that does
nothing else. What face_recognition takes depends on its dlib. The laptop's is a ready wheel; the one that pip
compiles where no BLAS is installed is in the table where `python -m native build --plain` has made it.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from bench.alone import encode_alone, face_recognition_alone
from bench.encoders import encoder, face_recognition_encode
from bench.parties import parties
from bench.pipeline import data_dir
from bench.tables import show
from kanta_core.vision import align
from kanta_core.vision.copies import Copies
from kanta_core.vision.decode import decode
from kanta_core.vision.encoder import engine
from kanta_core.vision.pictures import crop, thumbnail
from native.comparison import unpack
from native.recipe import PLAIN

T = TypeVar("T")

_ROUNDS = 5
_SIZE, _FACES = (4_000, 3_000), (6, 5)


def run() -> None:
    source, (photo,) = parties(1, _SIZE, _FACES)
    kanta, dlibs = encoder(), encoder("dlib")
    whole, encoding = timed(lambda: kanta.encode(photo))
    by_dlib, dlibs_encoding = timed(lambda: dlibs.encode(photo))
    plain, plainly_found = timed(lambda: face_recognition_encode(photo))
    ours, dlibs_own, theirs = encode_alone(photo), encode_alone(photo, "dlib"), face_recognition_alone(photo)
    rows: list[tuple[object, ...]] = [
        ("Kanta", whole, len(encoding.faces), 1.0, ours.peak / 1e6),
        *((f"  {name}", spent, "", spent / whole, "") for name, spent in stages(photo)),
        ("Kanta, dlib's engine", by_dlib, len(dlibs_encoding.faces), by_dlib / whole, dlibs_own.peak / 1e6),
        ("face_recognition, upsample 1", plain, plainly_found, plain / whole, theirs.peak / 1e6),
    ]
    if (as_pip := plain_dlib()) is not None:
        with tempfile.TemporaryDirectory(prefix="bench-", dir=data_dir()) as folder:
            piped = face_recognition_alone(photo, rounds=_ROUNDS, dlib=unpack(as_pip, Path(folder)))
        rows.append(("  with dlib as pip builds it, no BLAS", piped.ms, "", piped.ms / whole, piped.peak / 1e6))
    show(
        f"one photo of 12 MP, faces from {source}, one core: {1000 * len(encoding.faces) / whole:.0f} faces/s",
        ("", "ms", "faces", "× Kanta", "peak MB"),
        rows,
    )


def plain_dlib() -> Path | None:
    """The wheel of dlib as pip builds it, where one was made."""
    return next((data_dir() / "dlib").glob(f"*-{PLAIN}-*/dlib-*.whl"), None)


def stages(photo: bytes) -> list[tuple[str, float]]:
    its = engine()
    decoding, decoded = timed(lambda: decode(photo, max_pixels=64_000_000))
    pixels, copies = decoded.pixels, Copies(decoded.pixels)
    detecting, found = timed(lambda: its.detect(Copies(pixels)))
    aligning, landmarks = timed(lambda: [align.landmarks(pixels, face) for face in found])
    cutting, chips = timed(lambda: align.chips(pixels, landmarks))
    embedding, _ = timed(lambda: its.embed(chips))
    picturing, _ = timed(lambda: (thumbnail(copies.coarse), [crop(copies, face) for face in landmarks]))
    return [
        ("decode", decoding),
        ("detect", detecting),
        ("landmarks and chips", aligning + cutting),
        ("embed", embedding),
        ("thumbnail and crops", picturing),
    ]


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds of this one thread's processor time, the median of some rounds, and what the last one gave."""
    spent = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        result = work()
        spent.append(1000 * (time.process_time() - started))
    return statistics.median(spent), result
