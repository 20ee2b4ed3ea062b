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
_QUALITY = 82


def thumbnail(pixels: NDArray[np.uint8]) -> bytes:
    """The whole photo, RGB uint8 (height, width, 3), at most 640 px wide and high."""
    picture = Image.fromarray(pixels)
    picture.thumbnail((_THUMBNAIL_SIDE, _THUMBNAIL_SIDE), Image.Resampling.BOX, reducing_gap=2)
    return _jpeg(picture)


def crop(pixels: NDArray[np.uint8], landmarks: Sequence[tuple[int, int]]) -> bytes:
    """One face with its eyes level, 160 px square, grey where it reaches beyond the photo."""
    points = np.asarray(landmarks, dtype=np.float64)
    right, left, nose = points[0:2].mean(axis=0), points[2:4].mean(axis=0), points[4]
    across = right - left
    apart = max(float(np.hypot(*across)), float(np.hypot(*(nose - (right + left) / 2))), 1.0)
    angle = math.atan2(across[1], across[0])
    side = apart * 2 / _FACE_SHARE
    centre = (right + left) / 2 * 0.5 + nose * 0.5
    return _jpeg(_turned(pixels, centre, side, angle))


def _turned(pixels: NDArray[np.uint8], centre: NDArray[np.float64], side: float, angle: float) -> Image.Image:
    # Only what can be in the crop is looked at; made smaller by averaging first, so that nothing flickers.
    height, width = pixels.shape[:2]
    reach = side * 0.75
    left, top = (max(math.floor(edge), 0) for edge in centre - reach)
    right, bottom = min(math.ceil(centre[0] + reach), width), min(math.ceil(centre[1] + reach), height)
    if right <= left or bottom <= top:
        return Image.new("RGB", (_CROP_SIDE, _CROP_SIDE), "grey")
    around = Image.fromarray(np.ascontiguousarray(pixels[top:bottom, left:right]))
    factor = max(1, int(side / _CROP_SIDE))
    if factor > 1:
        around = around.reduce(factor)
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
