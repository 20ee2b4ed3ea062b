"""Tells an image from any other file by its first bytes: a name or an extension proves nothing."""

from typing import Final

# Enough for every signature below.
HEAD_LENGTH: Final = 32

_SIGNATURES: Final = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)

# ISO 14496-12: an `ftyp` box names the major brand, then a version, then the brands it is compatible with.
_BRANDS: Final = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
}

# Two letters alone would take any text that starts with "BM" for a bitmap; the header's length settles it.
_BITMAP_HEADER_LENGTHS: Final = frozenset({12, 40, 52, 56, 64, 108, 124})


def media_type(head: bytes) -> str | None:
    """The media type of the image that starts with `head` (its first `HEAD_LENGTH` bytes); None: no image."""
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BITMAP_HEADER_LENGTHS:
        return "image/bmp"
    return None
