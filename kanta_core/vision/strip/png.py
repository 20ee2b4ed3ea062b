"""A PNG's picture alone: the chunks that hold pixels and say which colours they are (PNG, third edition, 11)."""

from __future__ import annotations

import zlib
from contextlib import suppress

from kanta_core.vision.metadata import read_metadata
from kanta_core.vision.strip import orientation
from kanta_core.vision.strip.profiles import colours_only

_START = 8
_MOST_CHUNKS = 100_000
_LARGEST_TEXT = 4_000_000
_PICTURE = frozenset({b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"cICP"})
_EXIF, _PROFILE, _TEXTS, _END = b"eXIf", b"iCCP", frozenset({b"tEXt", b"zTXt"}), b"IEND"
# As ImageMagick wrote it before there was a chunk for it: a heading, then hexadecimal.
_RAW_EXIF = b"Raw profile type exif"
_HEADER, _PIXELS = b"IHDR", b"IDAT"


def without_metadata(data: bytes) -> bytes | None:
    """The first picture as it was coded; None where the chunks don't add up."""
    exif = raw = b""
    kept = list[bytes | memoryview]()
    view = memoryview(data)
    at, has_pixels = _START, False
    for position in range(_MOST_CHUNKS):
        size, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(data) or (name == _HEADER) != (position == 0):
            return None
        if name == _END:
            break
        if name in _PICTURE:
            kept.append(view[at:end])
            has_pixels |= name == _PIXELS
        elif name == _PROFILE:
            kept.append(_profile(data[at + 8 : end - 4]))
        elif name == _EXIF:
            exif = data[at + 8 : end - 4]
        elif name in _TEXTS and data.startswith(_RAW_EXIF + b"\0", at + 8):
            raw = _unfolded(name, data[at + 8 + len(_RAW_EXIF) + 1 : end - 4])
        at = end
    else:
        return None
    if not has_pixels:
        return None
    turn = read_metadata(exif or raw).orientation
    told = _chunk(_EXIF, orientation.block(turn)) if turn != orientation.UPRIGHT else b""
    return b"".join([data[:_START], *kept[:1], told, *kept[1:], _chunk(_END, b"")])


def _chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


def _profile(content: bytes) -> bytes:
    """A profile's chunk under a name that says nothing; nothing at all if there is no profile in it."""
    _, _, folded = content.partition(b"\0")
    with suppress(zlib.error):
        if profile := colours_only(zlib.decompressobj().decompress(folded[1:], _LARGEST_TEXT)):
            return _chunk(_PROFILE, b"ICC\0\0" + zlib.compress(profile))
    return b""


def _unfolded(name: bytes, content: bytes) -> bytes:
    with suppress(zlib.error, ValueError):
        text = zlib.decompressobj().decompress(content[1:], _LARGEST_TEXT) if name == b"zTXt" else content
        return bytes.fromhex(b"".join(text.split(b"\n")[3:]).decode("latin-1"))
    return b""
