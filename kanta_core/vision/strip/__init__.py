"""A photo's bytes without what it tells about its camera, its place and its owner.

Copied without loss wherever the file is as its format's specification has it: of a JPEG, a PNG and a WebP only
what shows the picture upright and in its colours is taken over, so whatever else is in them stays behind, known or
not. Everything else is decoded and written anew.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from PIL import Image

from kanta_core.errors import ImageRefused
from kanta_core.vision.decode import refusing, whole
from kanta_core.vision.formats import JPEG, PNG, WEBP, Format, identify
from kanta_core.vision.strip import jpeg, png, webp
from kanta_core.vision.strip.profiles import of_rgb

_QUALITY = 92
_LOSSLESS: dict[Format, Callable[[bytes], bytes | None]] = {
    JPEG: jpeg.without_metadata,
    PNG: png.without_metadata,
    WEBP: webp.without_metadata,
}


Turn = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True)
class Stripped:
    """A photo that shows the same picture and says nothing else; `format` may be another than it came in."""

    data: bytes
    format: Format


def strip(data: bytes, *, max_pixels: int, turn: Turn = nullcontext) -> Stripped:
    """The photo in `data` without metadata but orientation and colour profile, at its full size; ImageRefused.

    A JPEG, PNG or WebP keeps its pixels bit by bit; of a film its first picture is kept. HEIC, AVIF, TIFF, GIF,
    films in WebP and oddly made files become an upright JPEG, which costs what decoding costs. What is copied is
    not decoded: a photo that `decode` took is expected, and damage inside its pixels is copied along.

    What has to be decoded waits for its `turn`: 64 megapixels take half a gigabyte.
    """
    format_ = identify(data)
    without_metadata = _LOSSLESS.get(format_)
    if without_metadata is not None:
        with refusing():
            copied = without_metadata(data)
        if copied is not None:
            return Stripped(copied, format_)
    with turn():
        return Stripped(_written_anew(data, max_pixels), JPEG)


def _written_anew(data: bytes, max_pixels: int) -> bytes:
    pixels, profile = whole(data, max_pixels=max_pixels)
    picture = Image.fromarray(pixels)
    # Both at once would be as much memory as decoding took.
    del pixels
    out = io.BytesIO()
    try:
        picture.save(out, "JPEG", quality=_QUALITY, icc_profile=of_rgb(profile))
    except OSError as error:
        raise ImageRefused("The photo is too wide or too high to be shown.") from error
    return out.getvalue()
