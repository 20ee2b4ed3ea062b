"""A JPEG's first picture alone: tables, frame and scans (ITU-T T.81, annex B)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kanta_core.vision.metadata import read_metadata
from kanta_core.vision.strip import orientation
from kanta_core.vision.strip.profiles import colours_only

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])", re.DOTALL)
_START, _FINISH = b"\xff\xd8", b"\xff\xd9"
_MOST_SEGMENTS = 100_000
_LARGEST_SEGMENT = 0xFFFF - 2
_SCAN, _END, _APP0, _APP1, _APP2, _APP14 = 0xDA, 0xD9, 0xE0, 0xE1, 0xE2, 0xEE
# Huffman and arithmetic tables, quantisation, restart interval, number of lines.
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_CODED = _TABLES | _FRAMES | {_SCAN}
# Applications' segments and comments.
_TOLD = frozenset({*range(0xE0, 0xF0), 0xFE})
_JFIF, _EXIF, _PROFILE, _ADOBE = b"JFIF\0", b"Exif\0\0", b"ICC_PROFILE\0", b"Adobe"
# Beyond it a JFIF segment holds a thumbnail; an Adobe one has no more.
_JFIF_SIZE, _ADOBE_SIZE = 14, 12


def without_metadata(data: bytes) -> bytes | None:
    """The picture as it was coded, with what shows it upright and in its colours; None if it is oddly made."""
    told, coded = list[tuple[int, bytes]](), list[bytes | memoryview]()
    frames = scans = 0
    view = memoryview(data)
    for marker, content, scan in _segments(data):
        if marker == _END:
            return b"".join([_START, *_told(told), *coded, _FINISH]) if frames == 1 and scans else None
        if marker in _TOLD:
            told.append((marker, content))
        elif marker in _CODED:
            coded += _segment(marker, content), view[scan]
            frames += marker in _FRAMES
            scans += marker == _SCAN
        else:
            return None
    # Where the picture ends is not said, so what follows it can't be told from it.
    return None


def _told(segments: list[tuple[int, bytes]]) -> Iterator[bytes]:
    """What is said about the picture, cut to what showing it takes; JFIF wants to be first."""
    for content in _starting(segments, _APP0, _JFIF, _JFIF_SIZE):
        yield _segment(_APP0, content[: _JFIF_SIZE - 2] + b"\0\0")
    for content in _starting(segments, _APP14, _ADOBE, _ADOBE_SIZE):
        yield _segment(_APP14, content[:_ADOBE_SIZE])
    turn = read_metadata(b"".join(each[len(_EXIF) :] for each in _starting(segments, _APP1, _EXIF))).orientation
    if turn != orientation.UPRIGHT:
        yield _segment(_APP1, _EXIF + orientation.block(turn))
    # Each part is preceded by its number and how many there are.
    start = len(_PROFILE) + 2
    parts = sorted(_starting(segments, _APP2, _PROFILE, start), key=lambda part: part[len(_PROFILE)])
    profile = colours_only(b"".join(part[start:] for part in parts)) or b""
    size = _LARGEST_SEGMENT - start
    pieces = [profile[at : at + size] for at in range(0, len(profile), size)]
    for number, piece in enumerate(pieces, 1):
        yield _segment(_APP2, _PROFILE + bytes((number, len(pieces))) + piece)


def _starting(segments: list[tuple[int, bytes]], marker: int, name: bytes, least: int = 0) -> list[bytes]:
    return [
        content
        for found, content in segments
        if found == marker and content.startswith(name) and len(content) >= least
    ]


def _segments(data: bytes) -> Iterator[tuple[int, bytes, slice]]:
    """Marker and content of each segment, and where what a scan's segment starts lies in `data`."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        match = _MARKER.search(data, at)
        if not match:
            return
        marker, at = match[1][0], match.end()
        if marker == _END:
            yield marker, b"", slice(0)
            return
        size = int.from_bytes(data[at : at + 2], "big")
        content, at = data[at + 2 : at + size], at + size
        following = _MARKER.search(data, at) if marker == _SCAN else None
        yield marker, content, slice(at, following.start() if following else at)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content
