"""Which photo formats Kanta reads, told by their first bytes: names and declared types are hints only."""

from __future__ import annotations

from dataclasses import dataclass

from kanta_core.errors import EmptyImage, UnsupportedImage


@dataclass(frozen=True, slots=True)
class Format:
    """A photo format: what its files are called, how it is declared, and Pillow's names for its decoders."""

    extension: str
    content_type: str
    decoders: tuple[str, ...]


# A phone's JPEG often holds several pictures and is then an MPO; the first is the photo.
JPEG = Format("jpg", "image/jpeg", ("JPEG", "MPO"))
PNG = Format("png", "image/png", ("PNG",))
WEBP = Format("webp", "image/webp", ("WEBP",))
GIF = Format("gif", "image/gif", ("GIF",))
TIFF = Format("tiff", "image/tiff", ("TIFF",))
HEIC = Format("heic", "image/heic", ("HEIF",))
AVIF = Format("avif", "image/avif", ("AVIF",))
FORMATS = (JPEG, PNG, WEBP, GIF, TIFF, HEIC, AVIF)

_CONTENT_TYPES = {format_.extension: format_.content_type for format_ in FORMATS}
_HEIF_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1"})


def content_type(extension: str | None) -> str:
    """What a stored photo is served as; bytes of no known format are never served as anything a browser runs."""
    return _CONTENT_TYPES.get(extension or "", "application/octet-stream")


def identify(data: bytes) -> Format:
    """The format of a photo by its first bytes; EmptyImage or UnsupportedImage."""
    if not data:
        raise EmptyImage
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[:4] in (b"II*\x00", b"MM\x00*"):
        return TIFF
    if data[4:8] == b"ftyp":
        return _iso_media(data)
    raise UnsupportedImage


def _iso_media(data: bytes) -> Format:
    # ISO/IEC 14496-12: the major brand, a version, then the compatible brands, up to the box's size.
    size = int.from_bytes(data[:4], "big")
    brands = {data[8:12]} | {data[at : at + 4] for at in range(16, min(size, 256), 4)}
    if b"avif" in brands or b"avis" in brands:
        return AVIF
    if brands & _HEIF_BRANDS:
        return HEIC
    raise UnsupportedImage
