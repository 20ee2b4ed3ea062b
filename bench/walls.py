"""The group photos with what is known of them, and all of them small in one large picture.

The group photos at hand are small or show few people, so that hardly a detector misses anybody. Side by side in a
picture as large as a phone takes, their faces are as small as at a large party, and still in their own light and
company.
"""

from __future__ import annotations

import hashlib
import io
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench.boxes import Box
from bench.photos import full_size, groups

_REFERENCE = Path(__file__).parent / "reference" / "groups.json"
_SIZE = (4_000, 3_000)
_GAP = 12
_GROUND = (196, 190, 182)
_QUALITY = 90
# px: the widths that the median face of each photo is shrunk to. Nothing is ever enlarged.
_WIDTHS = (18, 20, 22, 24, 27, 30, 33, 37, 42, 48, 55)
# Faces: many of the photos of one person are the same portrait.
_COMPANY = 2


@dataclass(frozen=True, slots=True)
class Known:
    """A photo's bytes, the faces in it, and where a found face is neither right nor false."""

    data: bytes
    faces: list[Box]
    optional: list[Box]


def known_groups() -> list[Known] | None:
    """The group photos with their reference, None where the data is not at hand."""
    photos = groups()
    if photos is None:
        return None
    reference = json.loads(_REFERENCE.read_text())
    known = [(data, reference[hashlib.sha256(data).hexdigest()]) for data in photos]
    return [
        Known(data, [tuple(box) for box in one["faces"]], [tuple(box) for box in one["optional"]])
        for data, one in known
    ]


def wall(photos: Sequence[Known]) -> Known:
    """One JPEG of 12 MP with every photo of several people, at several sizes, on shelves from the top."""
    picture = Image.new("RGB", _SIZE, _GROUND)
    faces: list[Box] = []
    optional: list[Box] = []
    x = y = shelf = _GAP
    # The tallest first, so that little of a shelf stays empty.
    for photo, scale, small in sorted(_copies(photos), key=lambda copy: -copy[2].height):
        if x + small.width + _GAP > _SIZE[0]:
            x, y = _GAP, shelf + _GAP
        if y + small.height + _GAP > _SIZE[1]:
            continue
        picture.paste(small, (x, y))
        faces += [_moved(box, scale, x, y) for box in photo.faces]
        optional += [_moved(box, scale, x, y) for box in photo.optional]
        x, shelf = x + small.width + _GAP, max(shelf, y + small.height)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_QUALITY)
    return Known(out.getvalue(), faces, optional)


def _copies(photos: Sequence[Known]) -> Iterator[tuple[Known, float, Image.Image]]:
    for photo in photos:
        if len(photo.faces) < _COMPANY:
            continue
        pixels = Image.fromarray(full_size(photo.data))
        median = statistics.median(box[2] for box in photo.faces)
        for scale in (width / median for width in _WIDTHS if width <= median):
            size = (round(pixels.width * scale), round(pixels.height * scale))
            yield photo, scale, pixels.resize(size, Image.Resampling.LANCZOS)


def _moved(box: Box, scale: float, x: float, y: float) -> Box:
    return x + box[0] * scale, y + box[1] * scale, box[2] * scale, box[3] * scale
