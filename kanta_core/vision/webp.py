"""A WebP's first picture, decoded at the size that is wanted by the libwebp that Pillow brings.

Pillow decodes every WebP as an animation: canvas, the canvas before it, a copy of that and the image itself are
16 bytes a pixel, 800 MB for 50 megapixels. libwebp alone writes the pixels once, already made smaller.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import _webp

from kanta_core.errors import BrokenImage

# Symbols of a library are looked up in those it was linked with too: this is libwebp, wherever it lies.
_LIBRARY = ctypes.CDLL(_webp.__file__)
_ABI = 0x0209
_MODE_RGB, _MODE_RGBA = 0, 1
_ANIMATED = 0b10
_FRAME_HEADER = 16
# Whatever comes after so many is not looked for.
_MOST_CHUNKS = 10_000
_NAMES = frozenset({b"VP8X", b"ANMF", b"EXIF", b"ALPH", b"VP8 ", b"VP8L"})


@dataclass(frozen=True, slots=True)
class WebP:
    """What a WebP's bytes say before anything is decoded: `still` is the first picture as a file of its own.

    `width` and `height` are the canvas's; the picture lies at (`left`, `top`) of it and is `still_width` wide.
    """

    width: int
    height: int
    left: int
    top: int
    still: bytes
    still_width: int
    still_height: int
    has_alpha: bool
    exif: bytes


class _Features(ctypes.Structure):
    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("has_alpha", ctypes.c_int),
        ("has_animation", ctypes.c_int),
        ("format", ctypes.c_int),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Rgba(ctypes.Structure):
    _fields_ = (("pixels", ctypes.c_void_p), ("stride", ctypes.c_int), ("size", ctypes.c_size_t))


class _Yuva(ctypes.Structure):
    _fields_ = (
        ("planes", ctypes.c_void_p * 4),
        ("strides", ctypes.c_int * 4),
        ("sizes", ctypes.c_size_t * 4),
    )


class _Samples(ctypes.Union):
    _fields_ = (("rgba", _Rgba), ("yuva", _Yuva))


class _Output(ctypes.Structure):
    _fields_ = (
        ("colorspace", ctypes.c_int),
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("is_external_memory", ctypes.c_int),
        ("samples", _Samples),
        ("padding", ctypes.c_uint32 * 4),
        ("private_memory", ctypes.c_void_p),
    )


class _Options(ctypes.Structure):
    _fields_ = (
        ("filtering", ctypes.c_int * 2),
        ("cropping", ctypes.c_int * 5),
        ("use_scaling", ctypes.c_int),
        ("scaled_width", ctypes.c_int),
        ("scaled_height", ctypes.c_int),
        ("others", ctypes.c_int * 4),
        ("padding", ctypes.c_uint32 * 5),
    )


class _Configuration(ctypes.Structure):
    _fields_ = (("input", _Features), ("output", _Output), ("options", _Options))


_initialise = _LIBRARY.WebPInitDecoderConfigInternal
_initialise.argtypes = (ctypes.POINTER(_Configuration), ctypes.c_int)
_features = _LIBRARY.WebPGetFeaturesInternal
_features.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Features), ctypes.c_int)
_decode = _LIBRARY.WebPDecode
_decode.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(_Configuration))


def parse(data: bytes) -> WebP:
    """The first picture of a WebP and where it lies; BrokenImage."""
    chunks = _chunks(data, 12)
    extended = chunks.get(b"VP8X")
    if extended is None or len(extended) < 10 or not extended[0] & _ANIMATED:  # noqa: PLR2004 - the chunk's size
        width, height, has_alpha = _declared(data)
        return WebP(width, height, 0, 0, data, width, height, has_alpha, chunks.get(b"EXIF", b""))
    frame = chunks.get(b"ANMF", b"")
    still = _still(frame)
    still_width, still_height, has_alpha = _declared(still)
    webp = WebP(
        width=_uint24(extended, 4) + 1,
        height=_uint24(extended, 7) + 1,
        left=2 * _uint24(frame, 0),
        top=2 * _uint24(frame, 3),
        still=still,
        still_width=still_width,
        still_height=still_height,
        has_alpha=has_alpha,
        exif=chunks.get(b"EXIF", b""),
    )
    if webp.left + still_width > webp.width or webp.top + still_height > webp.height:
        raise BrokenImage
    return webp


def pixels(webp: WebP, shrink: int) -> NDArray[np.uint8]:
    """The canvas at 1/`shrink` of its size, uint8 (height, width, 3), or 4 with alpha; BrokenImage."""
    covered = (webp.still_width, webp.still_height) == (webp.width, webp.height)
    depth = 4 if webp.has_alpha else 3
    shape = (-(-webp.height // shrink), -(-webp.width // shrink), depth)
    canvas = np.empty(shape, np.uint8) if covered else np.full(shape, 255, np.uint8)
    top, left = webp.top // shrink, webp.left // shrink
    height = min(-(-webp.still_height // shrink), shape[0] - top)
    width = min(-(-webp.still_width // shrink), shape[1] - left)
    _decode_into(canvas[top : top + height, left : left + width], webp, shrink)
    return canvas


def _decode_into(target: NDArray[np.uint8], webp: WebP, shrink: int) -> None:
    height, width, depth = target.shape
    configuration = _Configuration()
    if not _initialise(configuration, _ABI):
        raise RuntimeError("libwebp's decoder has changed its interface")
    output, options = configuration.output, configuration.options
    output.colorspace = _MODE_RGBA if depth == 4 else _MODE_RGB  # noqa: PLR2004 - with alpha
    output.is_external_memory = 1
    output.samples.rgba.pixels = target.ctypes.data
    output.samples.rgba.stride = target.strides[0]
    output.samples.rgba.size = target.strides[0] * (height - 1) + width * depth
    if shrink > 1:
        options.use_scaling, options.scaled_width, options.scaled_height = 1, width, height
    if _decode(webp.still, len(webp.still), configuration) != 0:
        raise BrokenImage


def _declared(data: bytes) -> tuple[int, int, bool]:
    features = _Features()
    if _features(data, len(data), features, _ABI) != 0 or features.width < 1 or features.height < 1:
        raise BrokenImage
    return features.width, features.height, bool(features.has_alpha)


def _chunks(data: bytes, start: int) -> dict[bytes, bytes]:
    """The first RIFF chunk of each name that matters here."""
    chunks: dict[bytes, bytes] = {}
    for _ in range(_MOST_CHUNKS):
        name, size = data[start : start + 4], int.from_bytes(data[start + 4 : start + 8], "little")
        if len(name) < 4:  # noqa: PLR2004 - the end
            break
        if name in _NAMES and name not in chunks:
            chunks[name] = data[start + 8 : start + 8 + size]
        start += 8 + size + size % 2
    return chunks


def _still(frame: bytes) -> bytes:
    """An animation's frame as a WebP of its own."""
    chunks = _chunks(frame, _FRAME_HEADER)
    picture = next((name for name in (b"VP8 ", b"VP8L") if name in chunks), None)
    if picture is None:
        raise BrokenImage
    parts: list[tuple[bytes, bytes]] = [(picture, chunks[picture])]
    if picture == b"VP8 " and b"ALPH" in chunks:
        flags = bytes((0x10, 0, 0, 0))
        parts = [(b"VP8X", flags + frame[6:12]), (b"ALPH", chunks[b"ALPH"]), *parts]
    body = b"".join(
        name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2) for name, content in parts
    )
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
