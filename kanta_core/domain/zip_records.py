"""The records of a ZIP file: sections 4.3.7 to 4.3.16 of PKWARE's APPNOTE.TXT.

Photos are stored as they are: they are compressed already. Their sizes and checksums are known before they are
written, so no record has to be mended afterwards and the file can be written from its beginning to its end. ZIP64
records are written where the older ones are too small, and only there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from struct import Struct

_LOCAL = Struct("<4s5H3I2H")
_CENTRAL = Struct("<4s6H3I5H2I")
_END = Struct("<4s4H2IH")
_END64 = Struct("<4sQ2H2I4Q")
_LOCATOR64 = Struct("<4sIQI")
_EXTRA64 = Struct("<HHQ")

_FULL_16, _FULL_32 = 0xFFFF, 0xFFFF_FFFF
_ZIP64_TAG = 0x0001
# Made on Unix, whose permissions are in the upper half of the attributes; a reader needs 2.0, or 4.5 for ZIP64.
_VERSION, _VERSION64, _MADE_BY = 20, 45, 3 << 8 | 45
_READABLE_FILE = 0o100644 << 16
_UTF8_NAME = 1 << 11
_STORED = 0
# The years a DOS date can tell.
_FIRST_YEAR, _LAST_YEAR = 1980, 2107


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the ZIP, whose local header begins at `offset`; `moment` is without a zone, as DOS has it."""

    name: str
    size: int
    crc32: int
    moment: datetime
    offset: int

    def __post_init__(self) -> None:
        assert self.size < _FULL_32, "a photo is never that large"


def local_header(entry: Entry) -> bytes:
    """What comes before the bytes of a file."""
    name = entry.name.encode()
    date, time = _dos(entry.moment)
    sizes = (entry.crc32, entry.size, entry.size)
    return _LOCAL.pack(b"PK\3\4", _VERSION, _UTF8_NAME, _STORED, time, date, *sizes, len(name), 0) + name


def central_header(entry: Entry) -> bytes:
    """The file's place in the central directory."""
    name = entry.name.encode()
    date, time = _dos(entry.moment)
    far = entry.offset >= _FULL_32
    extra = _EXTRA64.pack(_ZIP64_TAG, 8, entry.offset) if far else b""
    packed = _CENTRAL.pack(
        *(b"PK\1\2", _MADE_BY, _VERSION64 if far else _VERSION, _UTF8_NAME, _STORED, time, date),
        *(entry.crc32, entry.size, entry.size, len(name), len(extra)),
        *(0, 0, 0, _READABLE_FILE, _FULL_32 if far else entry.offset),
    )
    return packed + name + extra


def end_records(entries: int, *, directory_offset: int, directory_size: int) -> bytes:
    """What ends the file: where the central directory of so many `entries` is."""
    end64 = b""
    if entries >= _FULL_16 or directory_offset >= _FULL_32 or directory_size >= _FULL_32:
        where = (entries, entries, directory_size, directory_offset)
        end64 = _END64.pack(b"PK\6\6", _END64.size - 12, _MADE_BY, _VERSION64, 0, 0, *where)
        end64 += _LOCATOR64.pack(b"PK\6\7", 0, directory_offset + directory_size, 1)
    count = min(entries, _FULL_16)
    size, offset = min(directory_size, _FULL_32), min(directory_offset, _FULL_32)
    return end64 + _END.pack(b"PK\5\6", 0, 0, count, count, size, offset, 0)


def _dos(moment: datetime) -> tuple[int, int]:
    if moment.year < _FIRST_YEAR:
        return 1 << 5 | 1, 0
    if moment.year > _LAST_YEAR:
        moment = moment.replace(year=_LAST_YEAR)
    date = (moment.year - _FIRST_YEAR) << 9 | moment.month << 5 | moment.day
    return date, moment.hour << 11 | moment.minute << 5 | moment.second // 2
