"""The small pictures people see instead of photos: thumbnails and upright faces, JPEG without metadata."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_THUMBNAIL_SIDE = 640
_CROP_SIDE = 160
# The face takes this share of its crop: hair and chin are what people know each other by.
_FACE_SHARE = 0.45
# How many times wider a face is than its eyes are apart.
_FACE_TO_EYES = 2.0
# Of a square's side, and a little more.
_HALF_DIAGONAL = 0.75
_MOST_AVERAGED = 4
_QUALITY = 82


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """The whole photo, RGB uint8 (height, width, 3), at most 640 px wide and high, never larger than it is."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.HAMMING, reducing_gap=2)
    return _jpeg(picture)


def crop(pixels: NDArray[np.uint8], landmarks: Sequence[tuple[int, int]]) -> bytes:
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
    return _jpeg(_turned(pixels, (eyes + nose) / 2, apart * _FACE_TO_EYES / _FACE_SHARE, angle))


def _turned(pixels: NDArray[np.uint8], centre: NDArray[np.float64], side: float, angle: float) -> Image.Image:
    """The square of that side and angle around `centre`, at 160 px."""
    reach = side * _HALF_DIAGONAL
    height, width = pixels.shape[:2]
    left, top = (max(math.floor(edge), 0) for edge in centre - reach)
    right, bottom = min(math.ceil(centre[0] + reach), width), min(math.ceil(centre[1] + reach), height)
    if right <= left or bottom <= top:
        return Image.new("RGB", (_CROP_SIDE, _CROP_SIDE), "grey")
    # Made smaller by averaging first, so that nothing flickers; of a very large face some pixels are enough.
    shrink = max(1, round(side / _CROP_SIDE))
    averaged = min(shrink, _MOST_AVERAGED)
    every = shrink // averaged
    around = Image.fromarray(np.ascontiguousarray(pixels[top:bottom:every, left:right:every])).reduce(averaged)
    factor = every * averaged
    step = side / _CROP_SIDE / factor
    cos, sin = math.cos(angle) * step, math.sin(angle) * step
    x, y = (centre - (left, top)) / factor
    half = _CROP_SIDE / 2
    matrix = (cos, -sin, x - cos * half + sin * half, sin, cos, y - sin * half - cos * half)
    return around.transform(
        (_CROP_SIDE, _CROP_SIDE), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor="grey"
    )


def _jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
