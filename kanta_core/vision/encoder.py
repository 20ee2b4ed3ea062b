"""Encode: image bytes → faces."""

from __future__ import annotations

from kanta_core.domain.faces import Encoding
from kanta_core.vision import models
from kanta_core.vision.decode import decode
from kanta_core.vision.detect import detect
from kanta_core.vision.embed import faces
from kanta_core.vision.pictures import thumbnail

# Kept with every face; changes with whatever moves an embedding: the detector's boxes, the landmarks, the network.
_VERSION = "hog-resnet1"


class DlibEncoder:
    """dlib's HOG detector, 5-point landmarks and ResNet v1.

    Depends on the bytes alone: the same photo gives the same faces on every run. dlib holds the interpreter
    while it embeds, so run one encoder per process and one process per core.
    """

    def __init__(self, *, max_pixels: int) -> None:
        self._max_pixels = max_pixels

    def warm_up(self) -> None:
        """Load the models now rather than with the first photo (0.35 s)."""
        models.detector()
        models.landmark_predictor()
        models.embedder()

    def encode(self, data: bytes) -> Encoding:
        """Every face in the photo; an ImageRefused says why it can't be read, and would say so again."""
        photo = decode(data, max_pixels=self._max_pixels)
        found = detect(photo.pixels)
        return Encoding(
            width=photo.width,
            height=photo.height,
            file_extension=photo.format.extension,
            encoder=_VERSION,
            taken_at=photo.taken_at,
            thumbnail=thumbnail(photo.pixels),
            faces=faces(photo.pixels, found),
        )
