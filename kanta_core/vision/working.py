"""A decoded picture as it is stored → working pixels: upright, RGB, 8 bits, not too many, on one copy.

Done strip by strip: a strip's intermediate forms stay in the processor's cache, where those of a whole photo
would be several times its size.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]

_STRIP_PIXELS = 1 << 18
# The ways of storing colours that become RGB below.
MODES = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "I", "F", "I;16", "I;16L"}
    | {"I;16B", "I;16N"}
)
_DEEP = frozenset({"I", "F", "I;16", "I;16L", "I;16B", "I;16N"})
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# What undoes a turn; the others undo themselves.
_BACK = {6: 8, 8: 6}
_BYTE, _WORD = 255.0, 65_535.0


def working_pixels(picture: Image.Image | Pixels, *, shrink: int, orientation: int) -> Pixels:
    """`picture` at 1/`shrink` of its size, turned as EXIF's `orientation` says: uint8 (height, width, 3).

    `picture` is an image in one of MODES or an array of grey, grey and alpha, RGB or RGBA.
    """
    if isinstance(picture, np.ndarray):
        if shrink == 1 and orientation == 1 and picture.ndim == 3 and picture.shape[2] == 3:  # noqa: PLR2004
            return picture
        height, width = picture.shape[:2]
    else:
        width, height = picture.size
    small = -(-height // shrink), -(-width // shrink)
    upright = np.empty((*(small if orientation < 5 else small[::-1]), 3), np.uint8)  # noqa: PLR2004 - the last four lie
    stored = _reordered(upright, orientation)
    levels = _levels(picture)
    for top, strip in _strips(picture, width, height, shrink):
        flat = _flat(strip, levels)
        if shrink > 1:
            flat = flat.reduce(shrink)
        rows = stored[top // shrink :][: flat.height]
        # Pillow turns whole pixels, numpy single bytes: four times as long.
        turned = flat.transpose(_TURNS[orientation]) if orientation in _TURNS else flat
        _reordered(rows, _BACK.get(orientation, orientation))[...] = np.asarray(turned)
    return upright


def _strips(
    picture: Image.Image | Pixels, width: int, height: int, shrink: int
) -> Iterator[tuple[int, Image.Image]]:
    rows = max(1, _STRIP_PIXELS // (width * shrink)) * shrink
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        if isinstance(picture, np.ndarray):
            yield top, Image.fromarray(np.ascontiguousarray(picture[top:bottom]))
        else:
            yield top, picture.crop((0, top, width, bottom))


def _reordered(upright: Pixels, orientation: int) -> Pixels:
    """The same memory as `upright`, in the order in which a photo of that orientation is stored."""
    if orientation > 4:  # noqa: PLR2004 - the last four lie on their side
        upright = upright.swapaxes(0, 1)
    if orientation in {3, 4, 6, 7}:
        upright = upright[::-1]
    if orientation in {2, 3, 7, 8}:
        upright = upright[:, ::-1]
    return upright


def _flat(strip: Image.Image, levels: tuple[float, float]) -> Image.Image:
    """A strip as RGB, transparency on white: what is transparent may hold any colour."""
    if strip.mode in _DEEP:
        # Pillow clips where it should scale.
        low, top = levels
        values = (_finite(strip) - low) * (_BYTE / (top - low))
        return Image.fromarray(values.clip(0, _BYTE).astype(np.uint8)).convert("RGB")
    if strip.has_transparency_data:
        if strip.mode == "La":
            strip = strip.convert("LA")
        layered = strip.convert("RGBA")
        ground = Image.new("RGBA", layered.size, "white")
        return Image.alpha_composite(ground, layered).convert("RGB")
    return strip.convert("RGB")


def _levels(picture: Image.Image | Pixels) -> tuple[float, float]:
    """What is black and what is white among a picture's values, where they have more than 8 bits."""
    if isinstance(picture, np.ndarray) or picture.mode not in _DEEP:
        return 0.0, _BYTE
    width, height = picture.size
    extremes = [
        (float(values.min()), float(values.max()))
        for _, strip in _strips(picture, width, height, 1)
        for values in (_finite(strip),)
    ]
    low, high = min(low for low, _ in extremes), max(high for _, high in extremes)
    if picture.mode == "F" or low < 0 or high > _WORD:
        return low, max(high, low + 1e-9)
    return 0.0, _WORD if high > _BYTE else _BYTE


def _finite(strip: Image.Image) -> NDArray[np.float64]:
    return np.nan_to_num(np.asarray(strip, dtype=np.float64), posinf=0, neginf=0)
