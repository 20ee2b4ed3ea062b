"""A photo and what is seen of it at a smaller size, so that large things are not looked at pixel by pixel."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.patch import patch

Pixels = NDArray[np.uint8]

_COARSE_SIDE = 1_600
# A patch of so many times fewer pixels than the coarse copy has there loses nothing by being made of that.
_ENOUGH = 1.3


class Copies:
    """An upright RGB photo, uint8 (height, width, 3), and a coarse copy at most 1,600 px wide and high.

    The copy is made when it is first asked for; of a small photo it is the photo itself.
    """

    def __init__(self, pixels: Pixels) -> None:
        self.pixels = pixels
        self.scale = min(1.0, _COARSE_SIDE / max(pixels.shape))

    @cached_property
    def coarse(self) -> Pixels:
        return resized(self.pixels, self.scale)

    def turned(self, turns: int) -> Copies:
        """The photo and its copy turned anticlockwise by so many right angles."""
        other = Copies(np.rot90(self.pixels, turns))
        other.coarse = np.ascontiguousarray(np.rot90(self.coarse, turns))
        return other

    def patch(self, centre: tuple[float, float], side: float, *, size: int, angle: float = 0.0) -> Image.Image:
        """What `patch.patch` says of the photo, `centre` and `side` in its pixels."""
        if self.scale == 1 or side * self.scale < size * _ENOUGH:
            return patch(self.pixels, centre, side, size=size, angle=angle)
        x, y = centre
        return patch(self.coarse, (x * self.scale, y * self.scale), side * self.scale, size=size, angle=angle)


def resized(pixels: Pixels, scale: float) -> Pixels:
    """`pixels` at `scale` of their size, as it is at 1."""
    if scale == 1:
        return pixels
    height, width = pixels.shape[:2]
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR, reducing_gap=1))
