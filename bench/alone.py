"""What one process takes to encode one photo, with nothing else imported than it needs."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from bench.encoders import boxes, encoder, face_recognition_encode
from bench.peak import peak
from kanta_core.vision.encoder import EngineName

_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Alone:
    """Peak memory in bytes with the models loaded and after the photo, the boxes found, and what it took.

    `ms` is processor time, the median of the rounds.
    """

    loaded: int
    peak: int
    found: list[tuple[float, float, float, float]]
    ms: float = 0.0


def encode_alone(photo: bytes, engine: EngineName | None = None) -> Alone:
    """Encode `photo` in a new process; TimeoutError where it takes minutes, EOFError where the process dies."""
    return _alone(photo, _work, engine)


def face_recognition_alone(photo: bytes, *, rounds: int = 1, dlib: Path | None = None) -> Alone:
    """The same by face_recognition as its examples use it; its boxes are left out.

    With the dlib unpacked in the folder `dlib`, or the one installed.
    """
    before = sys.path.copy()
    # A new process starts with its parent's path, and looks for dlib while it finds its way to the work.
    sys.path[:0] = [] if dlib is None else [str(dlib)]
    try:
        return _alone(photo, _work_plainly, rounds, dlib and str(dlib))
    finally:
        sys.path[:] = before


def _alone(photo: bytes, work: Callable[..., None], *arguments: object) -> Alone:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs, *arguments))
    worker.start()
    theirs.close()
    # Sent when it has started: as an argument the photo would be held twice.
    ours.send_bytes(photo)
    if not ours.poll(_PATIENCE_SECONDS):
        worker.kill()
        raise TimeoutError(f"waited {_PATIENCE_SECONDS:.0f} s for a process to encode one photo")
    answer = ours.recv()
    worker.join(_PATIENCE_SECONDS)
    assert isinstance(answer, Alone)
    return answer


def _work(link: Connection, engine: EngineName | None) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    kanta = encoder(engine)
    loaded = peak()
    encoding = kanta.encode(link.recv_bytes())
    link.send(Alone(loaded, peak(), boxes(encoding)))


def _work_plainly(link: Connection, rounds: int, dlib: str | None) -> None:
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    photo, spent = link.recv_bytes(), []
    for _ in range(rounds):
        started = time.process_time()
        face_recognition_encode(photo)
        spent.append(1000 * (time.process_time() - started))
    from _dlib_pybind11 import __file__ as used  # noqa: PLC0415 - face_recognition has imported it

    if dlib is not None and not Path(used).is_relative_to(dlib):
        raise ImportError(f"dlib came from {used} instead of {dlib}")
    link.send(Alone(0, peak(), [], statistics.median(spent)))
