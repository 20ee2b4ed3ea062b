"""A WebP's first picture, decoded at the size that is wanted by the libwebp that Pillow brings.

Pillow decodes every WebP as an animation: canvas, the canvas before it, a copy of that and the image itself are
16 bytes a pixel, 800 MB for 50 megapixels. libwebp alone writes the pixels once, already made smaller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kanta_core.errors import BrokenImage
from kanta_core.vision import libwebp

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


def parse(data: bytes) -> WebP:
    """The first picture of a WebP and where it lies; BrokenImage."""
    chunks = _chunks(data, 12)
    extended = chunks.get(b"VP8X")
    if extended is None or len(extended) < 10 or not extended[0] & _ANIMATED:  # noqa: PLR2004 - the chunk's size
        width, height, has_alpha = libwebp.declared(data)
        return WebP(width, height, 0, 0, data, width, height, has_alpha, chunks.get(b"EXIF", b""))
    frame = chunks.get(b"ANMF", b"")
    still = _still(frame)
    still_width, still_height, has_alpha = libwebp.declared(still)
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
    libwebp.decode_into(canvas[top : top + height, left : left + width], webp.still, scaled=shrink > 1)
    return canvas


def riff(chunks: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A WebP of these chunks, in this order."""
    body = b"".join(
        name + len(content).to_bytes(4, "little") + content + b"\0" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


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
    return riff(parts)


def _uint24(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
