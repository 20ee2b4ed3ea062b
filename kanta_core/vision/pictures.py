"""The small pictures people see instead of photos: thumbnails and upright faces, JPEG without metadata."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.copies import Copies

_THUMBNAIL_SIDE = 640
_CROP_SIDE = 160
# The face takes this share of its crop: hair and chin are what people know each other by.
_FACE_SHARE = 0.45
# How many times wider a face is than its eyes are apart.
_FACE_TO_EYES = 2.0
_QUALITY = 82


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """The whole photo, or a copy of it, at most 640 px wide and high; never larger than `pixels`, RGB uint8."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.HAMMING, reducing_gap=2)
    return _jpeg(picture)


def crop(photo: Copies, landmarks: Sequence[tuple[int, int]]) -> bytes:
    """One face with its eyes level, 160 px square, grey where it reaches beyond the photo.

    `landmarks` are five of its pixels: two of the eye that lies right when the face is upright, two of the
    other one, and the nose.
    """
    # A landmark names a pixel, and a pixel's middle is half a pixel in: 8 of the crop's, for the smallest faces.
    points = np.asarray(landmarks, dtype=np.float64) + 0.5
    right, left, nose = points[0:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = right - left
    eyes = (right + left) / 2
    # Seen from the side the eyes are close together, and the nose is as far from them as ever.
    apart = max(float(np.hypot(*across)), float(np.hypot(*(nose - eyes))), 1.0)
    angle = math.atan2(across[1], across[0])
    x, y = ((eyes + nose) / 2).tolist()
    return _jpeg(photo.patch((x, y), apart * _FACE_TO_EYES / _FACE_SHARE, size=_CROP_SIDE, angle=angle))


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
