"""What a file may claim before its decoder believes it: small files that cost a lot of memory or time.

Pixels are counted in `decode`, before anything else is read; here is what a picture of few pixels can still do.
"""

from __future__ import annotations

import re

from kanta_core.errors import BrokenImage
from kanta_core.vision.exif import Block
from kanta_core.vision.formats import AVIF, JPEG, TIFF, Format
from kanta_core.vision.isomedia import coded_pixels, exif_blocks

# A progressive JPEG writes every coefficient once and again: so many pixels in all of its scans together are some
# seconds of work. Cameras and encoders make about ten scans.
_SCANNED_PIXELS = 2_000_000_000
_START_OF_SCAN = b"\xff\xda"
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
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


class _Bomb(BrokenImage):
    """The photo claims far more than its size can hold and isn't opened."""


def refuse_bombs(data: bytes, format_: Format, max_pixels: int) -> None:
    """Returns if decoding costs what a photo of that many pixels costs; ImageRefused."""
    if format_ is JPEG:
        _jpeg(data)
    elif format_ is TIFF:
        _tiff(data, max_pixels)
    elif format_ is AVIF:
        if coded_pixels(data) > _CLAIMED_TWICE * max_pixels:
            raise _Bomb
        for block in exif_blocks(data):
            _directory(block)


def _jpeg(data: bytes) -> None:
    exif, pixels, scans = [], 0, 0
    many = data.count(_START_OF_SCAN) > 1
    at = 2
    while match := _MARKER.search(data, at):
        marker, at = match[1][0], match.end()
        if marker == _END_OF_IMAGE:
            break
        if marker in _NO_LENGTH:
            continue
        size = int.from_bytes(data[at : at + 2], "big")
        segment = data[at + 2 : at + size]
        if marker == _APP1 and segment.startswith(b"Exif\0\0"):
            exif.append(segment[6:])
        elif marker == _APP2 and segment.startswith(b"MPF\0"):
            _directory(segment[4:])
        elif marker in _FRAMES:
            pixels = int.from_bytes(segment[1:3], "big") * int.from_bytes(segment[3:5], "big")
        elif marker == _SCAN:
            scans += 1
            if not many or scans * pixels > _SCANNED_PIXELS:
                break
        at += size
    if scans * pixels > _SCANNED_PIXELS:
        raise _Bomb
    block = b"".join(exif)
    if len(block) > _MOST_EXIF:
        raise _Bomb
    _directory(block)


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
    claimed = 0
    for tag in Block(data).tags():
        # What claims more than there is isn't read at all.
        claimed += min(tag.size, len(data))
    if claimed > _CLAIMED_TWICE * len(data) + _SMALL:
        raise _Bomb
