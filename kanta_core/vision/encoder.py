"""Encode: image bytes → faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from kanta_core.domain.faces import Encoding, Face
from kanta_core.vision import align, hog, models
from kanta_core.vision.copies import Copies
from kanta_core.vision.decode import Photo, decode
from kanta_core.vision.detection import Detection
from kanta_core.vision.memory import keep_freed_memory
from kanta_core.vision.pictures import crop, thumbnail
from kanta_core.vision.quality import quality

Pixels = NDArray[np.uint8]
EngineName = Literal["dlib", "onnx"]
# Entered when a stage begins, left when it ends.
Stage = Callable[[Literal["decode", "detect", "embed"]], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Engine:
    """A detector and what makes embeddings of its faces' chips.

    `version` is kept with every face; it changes with whatever moves an embedding: the detector's boxes, the
    landmarks, the network's weights.
    """

    version: str
    # What the detector gives the faces of LFW, the median.
    usual_score: float
    detect: Callable[[Copies], Sequence[Detection]]
    embed: Callable[[Pixels], NDArray[np.float32]]


def engine(name: EngineName | None = None) -> Engine:
    """The engine of this name, its models loaded; ONNX Runtime's where it is installed and none is named."""
    models.landmark_predictor()
    if name == "dlib" or (name is None and find_spec("onnxruntime") is None):
        models.hog()
        models.embedder()
        return Engine("hog1-resnet1", 1.7, hog.detect, models.embed_by_dlib)
    # Imported here: the other engine is complete without ONNX Runtime.
    from kanta_core.vision.neural import detector, runtime  # noqa: PLC0415

    runtime.detector()
    return Engine("blaze1-resnet1", 0.26, detector.detect, runtime.embedder())


class FaceEncoder:
    """A detector, dlib's 5-point landmarks and dlib's ResNet v1, by either engine.

    Depends on the bytes alone: the same photo gives the same faces on every run. Loading takes 0.3 s. Run one
    encoder per process and one process per core: dlib's engine holds the interpreter while it embeds. `stage` is
    told what goes on, for whoever times it.
    """

    def __init__(
        self, *, max_pixels: int, engine_name: EngineName | None = None, stage: Stage = nullcontext
    ) -> None:
        self._max_pixels = max_pixels
        self._stage = stage
        self._engine = engine(engine_name)
        keep_freed_memory()

    @property
    def version(self) -> str:
        """What `Encoding.encoder` says of every photo that this encodes."""
        return self._engine.version

    def encode(self, data: bytes) -> Encoding:
        """Every face in the photo; an ImageRefused says why it can't be read, and would say so again."""
        with self._stage("decode"):
            photo = decode(data, max_pixels=self._max_pixels)
            copies = Copies(photo.pixels)
        return Encoding(
            width=photo.width,
            height=photo.height,
            file_extension=photo.format.extension,
            encoder=self._engine.version,
            taken_at=photo.taken_at,
            thumbnail=thumbnail(copies.coarse),
            faces=tuple(self._faces(photo, copies)),
        )

    def _faces(self, photo: Photo, copies: Copies) -> list[Face]:
        height, width = photo.pixels.shape[:2]
        # What is known of a face follows from its box as it is published, so that others can come to the same.
        with self._stage("detect"):
            found = [face for each in self._engine.detect(copies) if (face := each.within(width, height))]
        if not found:
            return []
        with self._stage("embed"):
            landmarks = [align.landmarks(photo.pixels, face) for face in found]
            chips = align.chips(photo.pixels, landmarks)
            embeddings = self._engine.embed(chips)
        return [
            Face(
                box=face.box(photo.scale, photo.width, photo.height),
                landmarks=tuple((round(x * photo.scale), round(y * photo.scale)) for x, y in points),
                score=face.score,
                quality=quality(chip, points, face.score / self._engine.usual_score),
                embedding=embedding,
                crop=crop(copies, points),
            )
            for face, points, chip, embedding in zip(found, landmarks, chips, embeddings, strict=True)
        ]
