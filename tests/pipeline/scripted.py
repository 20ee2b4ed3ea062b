"""An encoder whose faces are written in the photo, and that can be stopped in the middle of one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from kanta_core.domain.faces import EMBEDDING_SIZE, Box, Encoding, Face
from kanta_core.errors import BrokenImage

SECONDS = 20.0


def photo(*people: str, take: int = 1) -> bytes:
    """A photo of these people; another take is another photo of the same ones."""
    return f"{' '.join(people)}|{take}".encode()


# A photo may begin as a file of that format does.
JPEG = b"\xff\xd8\xff"
BROKEN = b"broken|1"
CRASHING = b"crash|1"


@dataclass
class ScriptedEncoder:
    """Finds whom the photo names. `seen` is every photo that was encoded, in order.

    Another `version` sees them differently: its embeddings are near nobody's of the first, its boxes `shift` to
    the right. Those who are `blurred` are found, and hardly recognised.
    """

    seen: list[bytes] = field(default_factory=list)
    failing: bool = False
    version: str = "scripted"
    shift: int = 0
    blurred: frozenset[str] = frozenset()
    refused: frozenset[bytes] = frozenset()
    _gates: dict[bytes, tuple[threading.Event, threading.Event]] = field(default_factory=dict)

    def encode(self, data: bytes) -> Encoding:
        self.seen.append(data)
        entered, leave = self._gates.pop(data, (None, None))
        if entered is not None and leave is not None:
            entered.set()
            assert leave.wait(SECONDS), "nobody let the encoder go on"
        if data == BROKEN or data in self.refused:
            raise BrokenImage
        if data == CRASHING or self.failing:
            raise RuntimeError("the detector ran into something")
        # Real images, which HTTP uploads must be, show one person of their own.
        told = data.removeprefix(JPEG)
        names = [data.hex()] if data.startswith(b"\x89PNG") else told.decode().split("|")[0].split()
        return Encoding(
            width=640,
            height=480,
            file_extension="jpg",
            encoder=self.version,
            taken_at=datetime(2026, 5, 1, 14, 3, 22),  # noqa: DTZ001 - a camera's clock has no zone
            thumbnail=b"thumbnail of " + data,
            faces=tuple(self._face(name, place, data) for place, name in enumerate(names)),
        )

    def _face(self, name: str, place: int, data: bytes) -> Face:
        seen_as = name.encode() if self.version == "scripted" else f"{name} by {self.version}".encode()
        person = np.random.default_rng(_seed(seen_as)).normal(size=EMBEDDING_SIZE)
        person *= 1.4 / np.linalg.norm(person)
        noise = np.random.default_rng(_seed(data + name.encode())).normal(scale=0.01, size=EMBEDDING_SIZE)
        return Face(
            box=Box(100 * place + self.shift, 50, 80, 80),
            landmarks=((1, 2), (3, 4), (5, 6), (7, 8), (9, 10)),
            score=1.0 + place,
            quality=0.1 if name in self.blurred else 0.8,
            embedding=(person + noise).astype(np.float32),
            crop=b"crop of " + name.encode(),
        )

    @contextmanager
    def stopped_at(self, data: bytes) -> Iterator[threading.Event]:
        """The first to encode `data` waits until the end of the block; the event says that somebody does."""
        entered, leave = threading.Event(), threading.Event()
        self._gates[data] = entered, leave
        try:
            yield entered
        finally:
            leave.set()


def _seed(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
