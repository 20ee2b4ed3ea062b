"""What lies in an AVIF's boxes: the sizes its pictures are coded in, and its EXIF (ISO/IEC 14496-12, 23008-12).

libavif trusts the size in the container, while its decoder allocates what the coded picture says.
"""

from __future__ import annotations

from collections.abc import Iterator

from kanta_core.errors import BrokenImage

_MOST_ITEMS = 2_000
_MOST_UNITS = 1_000
_SEQUENCE_HEADER = 1


def coded_pixels(data: bytes) -> int:
    """The pixels of all pictures an AVIF has coded in it, as their own headers say; BrokenImage."""
    total = 0
    for kind, content in _items(data):
        if kind == b"av01":
            total += max(_sequence_headers(content), default=0)
    return total


def exif_blocks(data: bytes) -> Iterator[bytes]:
    """Each EXIF block, from its TIFF header on."""
    for kind, content in _items(data):
        if kind == b"Exif":
            yield content[4 + int.from_bytes(content[:4], "big") :]


def _items(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each item that lies in the file; BrokenImage if they lie on top of each other."""
    claimed = 0
    meta = _box(data, 0, b"meta")
    kinds = _kinds(_box(meta, 4, b"iinf"))
    inner = _box(meta, 4, b"idat")
    for item, from_inner, extents in _places(_box(meta, 4, b"iloc")):
        source = inner if from_inner else data
        pieces = [(at, min(at + size, len(source)) if size else len(source)) for at, size in extents]
        claimed += sum(max(end - at, 0) for at, end in pieces)
        if claimed > 2 * len(data):
            raise BrokenImage
        if kind := kinds.get(item):
            yield kind, b"".join(source[at:end] for at, end in pieces)


def _box(data: bytes, start: int, wanted: bytes) -> bytes:
    """The content of the first box of that type; nothing if there is none."""
    return next((content for name, content in _boxes(data, start) if name == wanted), b"")


def _boxes(data: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(_MOST_ITEMS):
        size, header = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size == 0:
            size = len(data) - at
        if size < header or at + header > len(data):
            return
        yield data[at + 4 : at + 8], data[at + header : at + size]
        at += size


def _kinds(info: bytes) -> dict[int, bytes]:
    kinds = {}
    for name, entry in _boxes(info, 6 if info[:1] == b"\0" else 8):
        if name == b"infe":
            long = entry[:1] == b"\3"
            item, at = int.from_bytes(entry[4:8] if long else entry[4:6], "big"), 10 if long else 8
            kinds[item] = entry[at : at + 4]
    return kinds


def _places(locations: bytes) -> Iterator[tuple[int, bool, list[tuple[int, int]]]]:
    """Item number, whether it lies in the idat box, and the offset and length of each of its pieces."""
    fields = _Fields(locations)
    version = fields.bits(8)
    fields.bits(24)
    offset, length, base, index = (8 * fields.bits(4) for _ in range(4))
    for _ in range(min(fields.bits(32 if version == 2 else 16), _MOST_ITEMS)):  # noqa: PLR2004 - of the box
        item = fields.bits(32 if version == 2 else 16)  # noqa: PLR2004
        method = fields.bits(16) & 15 if version else 0
        fields.bits(16)
        start = fields.bits(base)
        extents = []
        for _ in range(min(fields.bits(16), _MOST_ITEMS)):
            fields.bits(index if version else 0)
            extents.append((start + fields.bits(offset), fields.bits(length)))
        yield item, method == 1, extents


def _sequence_headers(content: bytes) -> Iterator[int]:
    """The most pixels each sequence header lets a frame have (AV1, 5.3 and 5.5)."""
    at = 0
    for _ in range(_MOST_UNITS):
        if at >= len(content):
            return
        header = content[at]
        at += 2 if header & 0b100 else 1
        size = len(content) - at
        if header & 0b10:
            size, at = _leb128(content, at)
        if header >> 3 & 15 == _SEQUENCE_HEADER:
            yield _frame_pixels(_Fields(content[at : at + min(size, 1_000)]))
        at += size
    raise BrokenImage


def _leb128(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for position, byte in enumerate(content[at : at + 8]):
        value |= (byte & 127) << 7 * position
        if byte < 128:  # noqa: PLR2004 - the last one
            return value, at + position + 1
    raise BrokenImage


def _frame_pixels(fields: _Fields) -> int:
    fields.bits(4)
    if fields.bits(1):
        fields.bits(5)
    else:
        _skip_operating_points(fields)
    width_bits, height_bits = fields.bits(4) + 1, fields.bits(4) + 1
    return (fields.bits(width_bits) + 1) * (fields.bits(height_bits) + 1)


def _skip_operating_points(fields: _Fields) -> None:
    delay_bits = 0
    has_decoder_model = False
    if fields.bits(1):
        fields.bits(64)
        if fields.bits(1):
            _skip_uvlc(fields)
        has_decoder_model = bool(fields.bits(1))
        if has_decoder_model:
            delay_bits = fields.bits(5) + 1
            fields.bits(42)
    has_display_delay = fields.bits(1)
    for _ in range(fields.bits(5) + 1):
        fields.bits(12)
        if fields.bits(5) > 7:  # noqa: PLR2004 - levels with tiers
            fields.bits(1)
        if has_decoder_model and fields.bits(1):
            fields.bits(2 * delay_bits + 1)
        if has_display_delay and fields.bits(1):
            fields.bits(4)


def _skip_uvlc(fields: _Fields) -> None:
    zeros = 0
    while zeros < 32 and not fields.bits(1):  # noqa: PLR2004 - the longest there is
        zeros += 1
    if zeros < 32:  # noqa: PLR2004
        fields.bits(zeros)


class _Fields:
    """Numbers of so many bits each, one after the other; zeros beyond the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def bits(self, count: int) -> int:
        first, last = self._at // 8, -(-(self._at + count) // 8)
        word = int.from_bytes(self._data[first:last].ljust(last - first, b"\0"), "big")
        self._at += count
        return word >> (8 * last - self._at) & ((1 << count) - 1)
