"""What the camera wrote beside the pixels: which way is up, and when. Nonsense is nothing, never an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from kanta_core.vision.exif import Block, Tag

_ORIENTATION, _EXIF_DIRECTORY = 0x0112, 0x8769
# The time the picture was taken, then digitised, then changed, each with its fraction of a second.
_TIMES = ((0x9003, 0x9291), (0x9004, 0x9292), (0x0132, 0x9290))
_UPRIGHT = 1
_ORIENTATIONS = range(1, 9)
_TIME = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)", re.ASCII)
_FRACTION = re.compile(r"\d+", re.ASCII)
# Photography starts here; what is earlier is a clock that was never set.
_FIRST_YEAR = 1826


@dataclass(frozen=True, slots=True)
class Metadata:
    """`orientation` as EXIF counts it, 1 to 8; `taken_at` is what the camera's clock showed, in its own zone."""

    orientation: int = _UPRIGHT
    taken_at: datetime | None = None


def read_metadata(data: bytes) -> Metadata:
    """What an EXIF block says, or a TIFF file, which is one."""
    block = Block(data)
    tags = {tag.number: tag for tag in reversed(list(block.tags()))}
    orientation = block.number(tags.get(_ORIENTATION))
    directory = block.number(tags.get(_EXIF_DIRECTORY))
    if directory:
        tags |= {tag.number: tag for tag in block.tags(directory)}
    return Metadata(
        orientation if orientation is not None and orientation in _ORIENTATIONS else _UPRIGHT,
        _taken_at(block, tags),
    )


def _taken_at(block: Block, tags: Mapping[int, Tag]) -> datetime | None:
    for time, fraction in _TIMES:
        if found := _time(block.text(tags.get(time)), block.text(tags.get(fraction))):
            return found
    return None


def _time(text: str, fraction: str) -> datetime | None:
    match = _TIME.fullmatch(text)
    if not match:
        return None
    microsecond = int(fraction[:6].ljust(6, "0")) if _FRACTION.fullmatch(fraction) else 0
    year, month, day, hour, minute, second = map(int, match.groups())
    if year < _FIRST_YEAR:
        return None
    try:
        return datetime(year, month, day, hour, minute, second, microsecond)  # noqa: DTZ001 - no zone is known
    except ValueError:
        return None
