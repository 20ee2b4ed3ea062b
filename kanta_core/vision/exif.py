"""Directories of tags, as TIFF and EXIF write them: only what is asked for is read.

Pillow reads every tag a directory lists, and each may claim the same bytes: a JPEG's 64 KB become 350 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_PREFIX = b"Exif\0\0"
_ENTRY = 12
_INLINE = 4
# Bytes a value of each type, by its number in TIFF 6.0: byte, text, short, long, rational, signed ones, floats.
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_SHORT, _LONG = 3, 4


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of a directory: `count` values of a type; `at` is where the first one lies in the block."""

    number: int
    kind: int
    count: int
    at: int

    @property
    def size(self) -> int:
        """Bytes that its values claim to take."""
        return self.count * _SIZES.get(self.kind, 1)


class Block:
    """A TIFF file or an EXIF block; whatever is not there, or is no number or text, is None."""

    def __init__(self, data: bytes) -> None:
        self._data = data.removeprefix(_PREFIX)
        self._order: Literal["little", "big"] = "big" if self._data[:2] == b"MM" else "little"
        self._known = self._data[:4] in {b"II*\0", b"MM\0*"}

    def tags(self, at: int | None = None) -> Iterator[Tag]:
        """The entries of the directory at `at`; of the first one by default."""
        if not self._known:
            return
        at = self._number(4, 4) if at is None else at
        for position in range(self._number(at, 2)):
            entry = at + 2 + position * _ENTRY
            if entry + _ENTRY > len(self._data):
                return
            number, kind, count = self._number(entry, 2), self._number(entry + 2, 2), self._number(entry + 4, 4)
            inline = count * _SIZES.get(kind, 1) <= _INLINE
            yield Tag(number, kind, count, entry + 8 if inline else self._number(entry + 8, 4))

    def number(self, tag: Tag | None) -> int | None:
        """The first value of a short or a long."""
        if tag is None or tag.kind not in {_SHORT, _LONG} or tag.count < 1:
            return None
        return self._number(tag.at, _SIZES[tag.kind])

    def text(self, tag: Tag | None) -> str:
        """Up to 100 characters of a tag, without what follows a NUL; "" if there are none."""
        if tag is None or _SIZES.get(tag.kind) != 1:
            return ""
        octets = self._data[tag.at : tag.at + min(tag.count, 100)]
        return octets.split(b"\0")[0].decode("latin-1").strip()

    def _number(self, at: int, size: int) -> int:
        return int.from_bytes(self._data[at : at + size], self._order)
