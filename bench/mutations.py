"""Damaged photos without end: the same number gives the same bytes."""

from __future__ import annotations

import functools
import io
import random
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

# What lengths, counts and offsets are wrong by, and what overflows.
_EXTREMES = (0, 1, 2, 7, 8, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_HEADER = 200
_PNG = b"\x89PNG\r\n\x1a\n"

Mutation = Callable[[random.Random, bytearray, bytes], bytearray]


@functools.cache
def whole_photos() -> tuple[tuple[str, bytes], ...]:
    """A small photo in each way of writing one, by its name."""
    pillow_heif.register_heif_opener()
    y, x = np.mgrid[0:144, 0:192]
    waves = np.stack([np.sin(x / 9 + y / 31), np.cos(y / 7), np.sin((x - y) / 23)], -1)
    noise = np.random.default_rng(0).integers(0, 40, (144, 192, 3))
    rgb = Image.fromarray((waves * 90 + 110 + noise).clip(0, 255).astype(np.uint8))
    rgba, grey = rgb.copy(), rgb.convert("L")
    rgba.putalpha(grey)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2026:06:13 18:31:07"
    meta: dict[str, object] = {"exif": exif.tobytes(), "icc_profile": b"profile" * 50}
    film: dict[str, object] = {"save_all": True, "append_images": [rgb.rotate(90)]}
    ways: tuple[tuple[str, Image.Image, str, dict[str, object]], ...] = (
        ("jpeg", rgb, "JPEG", meta),
        ("jpeg progressive", rgb, "JPEG", {"progressive": True, **meta}),
        ("jpeg grey", grey, "JPEG", {}),
        ("jpeg cmyk", rgb.convert("CMYK"), "JPEG", {}),
        ("mpo", rgb, "MPO", film),
        ("png", rgb, "PNG", meta),
        ("png alpha", rgba, "PNG", {}),
        ("png palette", rgb.convert("P"), "PNG", {"transparency": 3}),
        ("png bits", rgb.convert("1"), "PNG", {}),
        ("png deep", deep, "PNG", {}),
        ("webp", rgb, "WEBP", meta),
        ("webp lossless", rgb, "WEBP", {"lossless": True}),
        ("webp alpha", rgba, "WEBP", {}),
        ("webp film", rgb, "WEBP", film),
        ("gif", rgb.convert("P"), "GIF", {"transparency": 3}),
        ("gif film", rgb.convert("P"), "GIF", film),
        ("tiff", rgb, "TIFF", {}),
        ("tiff lzw", rgb, "TIFF", {"compression": "tiff_lzw", **meta}),
        ("tiff deflate", rgba, "TIFF", {"compression": "tiff_adobe_deflate"}),
        ("tiff jpeg", rgb, "TIFF", {"compression": "jpeg"}),
        ("tiff fax", rgb.convert("1"), "TIFF", {"compression": "group4"}),
        ("tiff cmyk", rgb.convert("CMYK"), "TIFF", {}),
        ("tiff deep", deep, "TIFF", {}),
        ("heic", rgb, "HEIF", meta),
        ("heic grid", rgb, "HEIF", {"tile_size": 64}),
        ("heic alpha", rgba, "HEIF", {}),
        ("avif", rgb, "AVIF", {"speed": 10, **meta}),
        ("avif alpha", rgba, "AVIF", {"speed": 10}),
        ("avif film", rgb, "AVIF", {"speed": 10, **film}),
    )
    return tuple((name, _saved(image, kind, options)) for name, image, kind, options in ways)


def damaged(number: int) -> tuple[str, bytes]:
    """The name of a photo, and its bytes after one to four mishaps."""
    chance = random.Random(number)
    photos = whole_photos()
    name, whole = photos[number % len(photos)]
    data = bytearray(whole)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 4))):
        data = chance.choice(_MUTATIONS)(chance, data, chance.choice(photos)[1])
    # Otherwise hardly a damage gets beyond a PNG's checksums.
    mended = data.startswith(_PNG) and chance.random() < 0.8
    return name, _with_checksums(bytes(data)) if mended else bytes(data)


def _saved(image: Image.Image, kind: str, options: dict[str, object]) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _place(chance: random.Random, data: bytearray) -> int:
    """Half of the time among the headers, where most depends on a byte."""
    return chance.randrange(min(len(data), _HEADER) if chance.random() < 0.5 else len(data)) if data else 0


def _flip_bits(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    for _ in range(chance.randint(1, 8) if data else 0):
        data[_place(chance, data)] ^= 1 << chance.randrange(8)
    return data


def _set_bytes(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    at = _place(chance, data)
    data[at : at + 8] = chance.randbytes(chance.randint(1, 8))
    return data


def _cut_off(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    return data[: _place(chance, data)]


def _repeat(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    start, to = _place(chance, data), _place(chance, data)
    data[to:to] = data[start : start + chance.randint(1, 400)] * chance.choice((1, 1, 2, 50))
    return data


def _leave_out(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    at = _place(chance, data)
    del data[at : at + chance.randint(1, 200)]
    return data


def _wrong_number(chance: random.Random, data: bytearray, _other: bytes) -> bytearray:
    at, size = _place(chance, data), chance.choice((1, 2, 4))
    value = chance.choice((*_EXTREMES, len(data), chance.getrandbits(32))) & ((1 << 8 * size) - 1)
    data[at : at + size] = value.to_bytes(size, chance.choice(("big", "little")))
    return data


def _splice(chance: random.Random, data: bytearray, other: bytes) -> bytearray:
    return data[: _place(chance, data)] + other[chance.randrange(len(other)) :]


def _other_body(chance: random.Random, data: bytearray, other: bytes) -> bytearray:
    at = _place(chance, data)
    return data[:at] + other[at:]


_MUTATIONS: tuple[Mutation, ...] = (
    _flip_bits,
    _set_bytes,
    _cut_off,
    _repeat,
    _leave_out,
    _wrong_number,
    _wrong_number,
    _splice,
    _other_body,
)


def _with_checksums(data: bytes) -> bytes:
    """A PNG whose chunks' checksums are right again, as far as its lengths lead."""
    fixed, at = bytearray(data), len(_PNG)
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        fixed[end : end + 4] = zlib.crc32(data[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(fixed)
