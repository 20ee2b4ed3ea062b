"""Photo bytes → upright working pixels."""

from __future__ import annotations

import ctypes
import io
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageFile, PngImagePlugin, _imaging

from kanta_core.errors import BrokenImage, ImageRefused, TooManyPixels, UnsupportedImage
from kanta_core.vision import webp
from kanta_core.vision.bombs import refuse_bombs
from kanta_core.vision.formats import AVIF, HEIC, JPEG, TIFF, WEBP, Format, identify
from kanta_core.vision.metadata import Metadata, read_metadata
from kanta_core.vision.working import MODES, working_pixels

# Pillow's own guard counts differently from one format to the next; ours runs before anything is decoded.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
# A photo editor's history beside the pixels is larger than Pillow's 1 MB, and no reason to refuse a photo.
PngImagePlugin.MAX_TEXT_CHUNK = 16_000_000
# One thread: parallel work is done by processes. Nothing but the photo itself is looked at.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pillow_heif.options.DECODE_THREADS = 1
pillow_heif.options.THUMBNAILS = pillow_heif.options.DEPTH_IMAGES = pillow_heif.options.AUX_IMAGES = False

# libtiff prints every line of a fax it can't read, before Pillow raises what counts.
for _handler in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
    getattr(ctypes.CDLL(_imaging.__file__), _handler)(None)

# 75 MB of RGB: with the decoder's own copy, numpy and Pillow, a process stays below 400 MB.
_WORKING_PIXELS = 25_000_000
# What a JPEG's and a WebP's decoder can shrink by at no cost.
_SHRINKS = (1, 2, 4, 8)

Shrink = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Photo:
    """A decoded photo, turned the way it is looked at.

    `width` and `height` are the upright photo's. `pixels` are its working pixels, RGB, uint8, of shape
    (⌈height / scale⌉, ⌈width / scale⌉, 3): one of them stands for `scale` × `scale` of the photo's, where `scale`
    is 1 up to 25 megapixels and then 2, 4 or 8. `taken_at` is what the camera's clock showed, in its own zone.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    scale: float
    format: Format
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Decoded:
    """What a decoder made of a photo of `width` × `height`, as it is stored, at 1/`shrunk` of its size."""

    picture: Image.Image | NDArray[np.uint8]
    width: int
    height: int
    shrunk: int
    metadata: Metadata
    profile: bytes = b""


def decode(data: bytes, *, max_pixels: int) -> Photo:
    """The photo in `data`; an ImageRefused says why there is none.

    A MemoryError is raised as it is: what a file claims is held to `max_pixels` before it is decoded, so that
    memory runs out because of what else the machine does, and the same photo is read another time.
    """
    format_ = identify(data)
    with refusing():
        decoded = _decoded(data, format_, max_pixels, _working_shrink)
        scale = _working_shrink(decoded.width * decoded.height)
        orientation = decoded.metadata.orientation
        pixels = working_pixels(decoded.picture, shrink=scale // decoded.shrunk, orientation=orientation)
        size = (decoded.width, decoded.height) if orientation < 5 else (decoded.height, decoded.width)  # noqa: PLR2004
        return Photo(pixels, *size, float(scale), format_, decoded.metadata.taken_at)


def check(data: bytes, *, max_pixels: int) -> Format:
    """The format of a photo that `decode` takes; an ImageRefused says why it doesn't.

    Decoded to its end like any other, but as small as its decoder can make it.
    """
    format_ = identify(data)
    with refusing():
        _decoded(data, format_, max_pixels, lambda _: _SHRINKS[-1])
    return format_


def whole(data: bytes, *, max_pixels: int) -> tuple[NDArray[np.uint8], bytes]:
    """All pixels of a photo that `decode` takes, upright RGB, and its colour profile or b""; ImageRefused."""
    with refusing():
        decoded = _decoded(data, identify(data), max_pixels, lambda _: 1)
        pixels = working_pixels(decoded.picture, shrink=1, orientation=decoded.metadata.orientation)
        return pixels, decoded.profile


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever reading damaged bytes raises in here, leaves as an ImageRefused."""
    with warnings.catch_warnings():
        # What a decoder finds odd but can read is no news.
        warnings.simplefilter("ignore")
        try:
            yield
        except (ImageRefused, MemoryError):
            raise
        except Exception as error:
            # Damaged files make decoders raise whatever they stumble over; what the bytes do once, they do always.
            raise BrokenImage from error


def _working_shrink(pixels: int) -> int:
    return next((shrink for shrink in _SHRINKS if pixels <= _WORKING_PIXELS * shrink**2), _SHRINKS[-1])


def _decoded(data: bytes, format_: Format, max_pixels: int, shrink: Shrink) -> _Decoded:
    refuse_bombs(data, format_, max_pixels)
    if format_ is WEBP:
        return _webp(data, max_pixels, shrink)
    if format_ is HEIC:
        return _heic(data, max_pixels)
    return _by_pillow(data, format_, max_pixels, shrink)


def _webp(data: bytes, max_pixels: int, shrink: Shrink) -> _Decoded:
    photo = webp.parse(data)
    _refuse_too_many(photo.width, photo.height, max_pixels)
    shrunk = shrink(photo.width * photo.height)
    return _Decoded(webp.pixels(photo, shrunk), photo.width, photo.height, shrunk, read_metadata(photo.exif))


def _heic(data: bytes, max_pixels: int) -> _Decoded:
    container = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
    photo = container[container.primary_index]
    _refuse_too_many(*photo.size, max_pixels)
    # libheif has turned it already: what EXIF says of that is for those who don't.
    found = Metadata(taken_at=read_metadata(_noted(photo.info, "exif")).taken_at)
    pixels = np.asarray(photo)
    width, height = photo.size
    return _Decoded(pixels, width, height, 1, found, _noted(photo.info, "icc_profile"))


def _by_pillow(data: bytes, format_: Format, max_pixels: int, shrink: Shrink) -> _Decoded:
    if format_ is AVIF:
        # What calls itself a film is taken for the still picture beside it.
        data = data[:8] + b"avif" + data[12:]
    with Image.open(io.BytesIO(data), formats=format_.decoders) as image:
        width, height = image.size
        _refuse_too_many(width, height, max_pixels)
        if image.mode not in MODES:
            raise UnsupportedImage(f"Kanta doesn't read photos that store their colours as {image.mode}.")
        shrunk = 1
        if format_ is JPEG:
            shrunk = shrink(width * height)
            image.draft(None, (max(1, width // shrunk), max(1, height // shrunk)))
        image.load()
        if format_ is TIFF:
            # A TIFF is turned while it is loaded.
            found = Metadata(taken_at=read_metadata(data).taken_at)
            width, height = image.size
        else:
            found = read_metadata(_exif(image))
        # Held by nothing but the result: leaving closes the file, not the pixels.
        return _Decoded(image, width, height, shrunk, found, _noted(image.info, "icc_profile"))


def _exif(image: Image.Image) -> bytes:
    profile = image.info.get("Raw profile type exif")
    if "exif" not in image.info and isinstance(profile, str):
        # As ImageMagick wrote it into PNGs before there was a chunk for it: a heading, then hexadecimal.
        with suppress(ValueError):
            return bytes.fromhex("".join(profile.split("\n")[3:]))
    return _noted(image.info, "exif")


def _noted(info: Mapping[Any, object], name: str) -> bytes:
    noted = info.get(name)
    return noted if isinstance(noted, bytes) else b""


def _refuse_too_many(width: int, height: int, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise TooManyPixels(
            f"The photo has {width} × {height} pixels; Kanta takes {max_pixels / 1e6:g} megapixels."
        )
