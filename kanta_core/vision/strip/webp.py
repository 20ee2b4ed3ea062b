"""A WebP's picture alone: its coded pixels, their transparency and their colours (RFC 9649)."""

from __future__ import annotations

from kanta_core.vision import webp
from kanta_core.vision.metadata import read_metadata
from kanta_core.vision.strip import orientation
from kanta_core.vision.strip.profiles import colours_only

_MOST_CHUNKS = 10_000
_EXTENDED, _PROFILE, _ALPHA, _EXIF = b"VP8X", b"ICCP", b"ALPH", b"EXIF"
_PIXELS = frozenset({b"VP8 ", b"VP8L"})
_FILM = frozenset({b"ANIM", b"ANMF"})
_HAS_PROFILE, _HAS_ALPHA, _HAS_EXIF = 0x20, 0x10, 0x08


def without_metadata(data: bytes) -> bytes | None:
    """The picture as it was coded; None for a film and where the chunks don't add up. BrokenImage."""
    found = _chunks(data)
    pixels = [name for name in found or () if name in _PIXELS]
    if not found or len(pixels) != 1 or not _FILM.isdisjoint(found):
        return None
    photo = webp.parse(data)
    turn = read_metadata(photo.exif).orientation
    profile = colours_only(found.get(_PROFILE, b""))
    picture = [(name, found[name]) for name in (_ALPHA, *pixels) if name in found]
    exif = [(_EXIF, orientation.block(turn))] if turn != orientation.UPRIGHT else []
    told = [(_PROFILE, profile)] if profile else []
    if told or exif or _ALPHA in found:
        flags = _HAS_PROFILE * bool(told) | _HAS_ALPHA * photo.has_alpha | _HAS_EXIF * bool(exif)
        size = b"".join((side - 1).to_bytes(3, "little") for side in (photo.width, photo.height))
        told = [(_EXTENDED, bytes((flags, 0, 0, 0)) + size), *told]
    return webp.riff([*told, *picture, *exif])


def _chunks(data: bytes) -> dict[bytes, bytes] | None:
    """The first chunk of each name, as far as the file says that it goes."""
    end = 8 + int.from_bytes(data[4:8], "little")
    chunks: dict[bytes, bytes] = {}
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at >= end:
            return chunks
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > min(end, len(data)):
            return None
        chunks.setdefault(name, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    return None
