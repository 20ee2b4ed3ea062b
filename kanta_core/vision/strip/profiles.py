"""Colour profiles without what they tell besides colours; a screenshot's often names its owner's screen."""

from __future__ import annotations

import struct

_HEADER, _ENTRY, _MOST_TAGS, _MOST_BYTES = 128, 12, 100, 4_000_000
_SIGNATURE, _SPACE = slice(36, 40), slice(16, 20)
# What is left of the header (ICC.1:2022, 7.2): version, class, colour and connection space; intent and white.
_TOLD = (slice(8, 24), slice(36, 40), slice(64, 80))
_COLOURS = frozenset(
    {b"wtpt", b"bkpt", b"chad", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"lumi", b"cicp"}
    | {b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2"}
)
_NAME = "Kanta"


def of_rgb(profile: bytes) -> bytes | None:
    """What `colours_only` makes of a profile for RGB pixels; None of one for others."""
    return colours_only(profile) if profile[_SPACE] == b"RGB " else None


def colours_only(profile: bytes) -> bytes | None:
    """The same colours in a profile that names neither maker, model, date nor owner; None if it is none."""
    if len(profile) > _MOST_BYTES or profile[_SIGNATURE] != b"acsp":
        return None
    count = int.from_bytes(profile[_HEADER : _HEADER + 4], "big")
    if count > _MOST_TAGS:
        return None
    tags: dict[bytes, bytes] = {}
    for position in range(count):
        entry = profile[_HEADER + 4 + position * _ENTRY :][:_ENTRY]
        if len(entry) < _ENTRY:
            return None
        name, at, size = struct.unpack(">4sII", entry)
        if name in _COLOURS and name not in tags:
            if at + size > len(profile):
                return None
            tags[name] = profile[at : at + size]
    # Required ones, which some programs insist on.
    tags |= {b"desc": _text(profile[8], described=True), b"cprt": _text(profile[8], described=False)}
    return _written(profile, tags)


def _written(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    header = bytearray(_HEADER)
    for told in _TOLD:
        header[told] = profile[told]
    table, body, places = b"", b"", dict[bytes, int]()
    start = _HEADER + 4 + len(tags) * _ENTRY
    for name, content in tags.items():
        # The three curves of most profiles are one.
        if content not in places:
            places[content] = start + len(body)
            body += content + b"\0" * (-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    header[0:4] = (start + len(body)).to_bytes(4, "big")
    return bytes(header) + len(tags).to_bytes(4, "big") + table + body


def _text(major: int, *, described: bool) -> bytes:
    if major >= 4:  # noqa: PLR2004 - the version that writes all texts one way
        name = _NAME.encode("utf-16-be")
        return struct.pack(">4sIII2s2sII", b"mluc", 0, 1, 12, b"en", b"US", len(name), 28) + name
    name = _NAME.encode() + b"\0"
    if not described:
        return struct.pack(">4sI", b"text", 0) + name
    # In ASCII; the same in Unicode and for old Macintoshes is left empty.
    return struct.pack(">4sII", b"desc", 0, len(name)) + name + bytes(4 + 4 + 2 + 1 + 67)
