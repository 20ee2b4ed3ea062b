"""A square of a photo, turned and at the size that is wanted."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_MOST_AVERAGED = 4


def patch(
    pixels: NDArray[np.uint8], centre: tuple[float, float], side: float, *, size: int, angle: float = 0.0
) -> Image.Image:
    """The square of this side around `centre` of an RGB photo, uint8 (height, width, 3), at `size` × `size`.

    What is turned clockwise by `angle` radians in the photo is upright in the patch; it is grey beyond the photo.
    """
    reach = side / 2 * (abs(math.cos(angle)) + abs(math.sin(angle))) + 1
    height, width = pixels.shape[:2]
    left, top = (max(math.floor(at - reach), 0) for at in centre)
    right, bottom = min(math.ceil(centre[0] + reach), width), min(math.ceil(centre[1] + reach), height)
    if right <= left or bottom <= top:
        return Image.new("RGB", (size, size), "grey")
    # Made smaller by averaging first, so that nothing flickers; of a very large square some pixels are enough.
    shrink = max(1, round(side / size))
    averaged = min(shrink, _MOST_AVERAGED)
    every = shrink // averaged
    around = Image.fromarray(np.ascontiguousarray(pixels[top:bottom:every, left:right:every])).reduce(averaged)
    factor = every * averaged
    step = side / size / factor
    cos, sin = math.cos(angle) * step, math.sin(angle) * step
    x, y = (centre[0] - left) / factor, (centre[1] - top) / factor
    half = size / 2
    matrix = (cos, -sin, x - cos * half + sin * half, sin, cos, y - sin * half - cos * half)
    return around.transform(
        (size, size), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor="grey"
    )
