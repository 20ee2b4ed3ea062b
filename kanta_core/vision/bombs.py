"""What a file may claim before its decoder believes it: small files that cost a lot of memory or time.

Pixels are counted in `decode`, before anything else is read; here is what a picture of few pixels can still do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kanta_core.errors import BrokenImage
from kanta_core.vision.exif import Block
from kanta_core.vision.formats import AVIF, GIF, JPEG, PNG, TIFF, Format
from kanta_core.vision.isomedia import coded_pixels, exif_blocks

# A progressive JPEG writes every coefficient once and again: so many pixels in all of its scans together are some
# seconds of work. Cameras and encoders make about ten scans.
_SCANNED_PIXELS = 2_000_000_000
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# One scan of all their components is the whole picture.
_SEQUENTIAL = frozenset({0xC0, 0xC1})
_END_OF_IMAGE, _SCAN, _APP1, _APP2 = 0xD9, 0xDA, 0xE1, 0xE2
# Values that become a Python number each: a TIFF of 64 megapixels in strips of one row has fewer.
_MOST_VALUES = 1_000_000
_PLAIN = frozenset({1, 2, 6, 7})
_TILE_WIDTH, _TILE_LENGTH = 322, 323
# A camera's is one segment of 64 KB; Pillow joins more by copying all of them again each time.
_MOST_EXIF = 4_000_000
# Apart from cheating, directories claim every byte once.
_CLAIMED_TWICE = 2
_SMALL = 1_000_000
_DIRECTORIES = frozenset({0x8769, 0x8825, 0xA005})
# Pillow goes through segments, chunks and blocks one by one, microseconds each.
_MOST_PARTS = 100_000
_EXTENSION, _COMMENT = 0x21, 0xFE


class _Bomb(BrokenImage):
    """The photo claims far more than its size can hold and isn't opened."""


def refuse_bombs(data: bytes, format_: Format, max_pixels: int) -> None:
    """Returns if decoding costs what a photo of that many pixels costs; ImageRefused."""
    if format_ is JPEG:
        _jpeg(data)
    elif format_ is PNG:
        _png(data)
    elif format_ is GIF:
        _gif(data)
    elif format_ is TIFF:
        _tiff(data, max_pixels)
    elif format_ is AVIF:
        if coded_pixels(data) > _CLAIMED_TWICE * max_pixels:
            raise _Bomb
        for block in exif_blocks(data):
            _directory(block)


def _jpeg(data: bytes) -> None:
    exif, pixels, scans = [], 0, 0
    whole = b""
    for marker, segment in _segments(data):
        if marker == _APP1 and segment.startswith(b"Exif\0\0"):
            exif.append(segment[6:])
        elif marker == _APP2 and segment.startswith(b"MPF\0"):
            _directory(segment[4:])
        elif marker in _FRAMES:
            pixels = int.from_bytes(segment[1:3], "big") * int.from_bytes(segment[3:5], "big")
            whole = segment[5:6] if marker in _SEQUENTIAL else b""
        elif marker == _SCAN:
            scans += 1
            if whole and segment.startswith(whole):
                break
            if scans * pixels > _SCANNED_PIXELS:
                raise _Bomb
    block = b"".join(exif)
    if len(block) > _MOST_EXIF:
        raise _Bomb
    _directory(block)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment of a JPEG's first picture."""
    at = 2
    for _ in range(_MOST_PARTS):
        match = _MARKER.search(data, at)
        if not match or match[1][0] == _END_OF_IMAGE:
            return
        marker, at = match[1][0], match.end()
        if marker not in _NO_LENGTH:
            size = int.from_bytes(data[at : at + 2], "big")
            yield marker, data[at + 2 : at + size]
            at += size
    raise _Bomb


def _png(data: bytes) -> None:
    at = 8
    for _ in range(_MOST_PARTS):
        at += 12 + int.from_bytes(data[at : at + 4], "big")
        if at >= len(data):
            return
    raise _Bomb


def _gif(data: bytes) -> None:
    """What lies before the first frame: Pillow joins a comment by copying it again for each of its blocks."""
    colours = int.from_bytes(data[10:11], "big")
    at = 13 + (3 << (colours & 7) + 1 if colours & 0x80 else 0)
    commented = parts = 0
    while data[at : at + 1] == bytes((_EXTENSION,)):
        is_comment = data[at + 1 : at + 2] == bytes((_COMMENT,))
        at += 2
        while size := int.from_bytes(data[at : at + 1], "big"):
            at += 1 + size
            parts += 1
            commented += size if is_comment else 0
            if parts > _MOST_PARTS or commented > _SMALL:
                raise _Bomb
        at, parts = at + 1, parts + 1


def _tiff(data: bytes, max_pixels: int) -> None:
    block = Block(data)
    sides = {_TILE_WIDTH: 0, _TILE_LENGTH: 0}
    for tag in block.tags():
        if tag.count > _MOST_VALUES and tag.kind not in _PLAIN:
            raise _Bomb
        if tag.number in sides:
            sides[tag.number] = block.number(tag) or 0
    if sides[_TILE_WIDTH] * sides[_TILE_LENGTH] > max_pixels:
        raise _Bomb
    _directory(data)


def _directory(data: bytes) -> None:
    """Tags that claim the same bytes over and over are read over and over."""
    block = Block(data)
    claimed, starts = 0, [None, *_inner(block, None)]
    for start in starts:
        # What claims more than there is isn't read at all.
        claimed += sum(min(tag.size, len(data)) for tag in block.tags(start))
    if claimed > _CLAIMED_TWICE * len(data) + _SMALL:
        raise _Bomb


def _inner(block: Block, start: int | None, depth: int = 2) -> list[int]:
    """Where the directories inside a directory are: EXIF's, the position's, and EXIF's own inner one."""
    found = [at for tag in block.tags(start) if tag.number in _DIRECTORIES and (at := block.number(tag))]
    return found + [at for outer in found[:3] for at in (_inner(block, outer, depth - 1) if depth else [])]
