"""Faces as values: what encoding makes of one photo."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

EMBEDDING_SIZE = 128
# Of a face encoded since its event's people were last made, and of one too poor to say whose it is.
NO_PERSON = -1
# Two boxes that overlap by this much are drawn around one face.
SAME_PLACE = 0.4


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the upright image; x and y are its left and top edge."""

    x: int
    y: int
    width: int
    height: int

    def overlap(self, other: Box) -> float:
        """Which share of what either covers both cover: 1 for the very same place, 0 for two apart."""
        across = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        down = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        both = across * down
        return both / (self.width * self.height + other.width * other.height - both)


@dataclass(frozen=True, slots=True)
class Face:
    """One detection in one image.

    `landmarks` are five points in pixels of the upright image (both corners of the right eye as seen, both
    of the left, the base of the nose); `score` is the detector's margin above its threshold of 0;
    `quality` in 0..1 says how well the embedding is likely to match others of the same person;
    `embedding` is float32 of shape (128,), compared by L2 distance with those of the same encoder;
    `crop` is the face upright, a small JPEG without metadata.
    """

    box: Box
    landmarks: tuple[tuple[int, int], ...]
    score: float
    quality: float
    embedding: NDArray[np.float32]
    crop: bytes


@dataclass(frozen=True, slots=True)
class Encoding:
    """Everything encoding found in one photo; width and height are those of the upright image.

    `encoder` names what made the embeddings: those of two encoders are never compared. `taken_at` is what the
    camera's clock showed, in whatever zone it was set to. `thumbnail` is a small JPEG without metadata.
    A face is known by its place: of several in the very same one the first is kept.
    """

    width: int
    height: int
    file_extension: str
    encoder: str
    taken_at: datetime | None
    thumbnail: bytes
    faces: tuple[Face, ...]

    def __post_init__(self) -> None:
        # Cut off at the edges of a small photo, two detections can become one.
        by_place = {face.box: face for face in reversed(self.faces)}
        object.__setattr__(self, "faces", tuple(face for face in self.faces if by_place[face.box] is face))


def face_id(event_id: uuid.UUID, sha256: bytes, box: Box) -> uuid.UUID:
    """The face's lasting name: the same place in the same bytes of an event, however often they are encoded.

    Not the image's: its blob may be overwritten, while another image of the old bytes goes on with their faces.
    """
    return uuid.uuid5(event_id, f"{sha256.hex()},{box.x},{box.y},{box.width},{box.height}")
