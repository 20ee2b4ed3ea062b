"""Small photos made for a test: each call with another `seed` gives other bytes."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
WIDTH, HEIGHT = 64, 48


def pixels(seed: int = 0, *, width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """Noise: no face in it, and nothing that compresses to the same bytes twice."""
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(noise)


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:  # noqa: ANN401 - Pillow's own
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0) -> bytes:
    return saved(pixels(seed), "JPEG")


def png(seed: int = 0) -> bytes:
    return saved(pixels(seed), "PNG")


def every_format() -> dict[str, tuple[bytes, str]]:
    """Photos in every format Kanta reads, by a name, with the extension they are kept under."""
    photo = pixels()
    sixteen_bit = Image.fromarray(np.random.default_rng(1).integers(0, 2**16, (HEIGHT, WIDTH), dtype=np.uint16))
    frames = [pixels(seed) for seed in range(3)]
    return {
        "JPEG": (saved(photo, "JPEG"), "jpg"),
        "progressive JPEG": (saved(photo, "JPEG", progressive=True), "jpg"),
        "grey JPEG": (saved(photo.convert("L"), "JPEG"), "jpg"),
        "CMYK JPEG": (saved(photo.convert("CMYK"), "JPEG"), "jpg"),
        "JPEG of a phone, several pictures in one": (
            saved(photo, "MPO", save_all=True, append_images=frames[1:]),
            "jpg",
        ),
        "JPEG with HTML after its end": (jpeg(2) + b"<script>alert(1)</script>", "jpg"),
        "PNG": (saved(photo, "PNG"), "png"),
        "PNG with transparency": (saved(photo.convert("RGBA"), "PNG"), "png"),
        "PNG with a palette": (saved(photo.quantize(16), "PNG"), "png"),
        "PNG of 16 bits": (saved(sixteen_bit, "PNG"), "png"),
        "PNG of 1 bit": (saved(photo.convert("1"), "PNG"), "png"),
        "GIF": (saved(photo, "GIF"), "gif"),
        "moving GIF": (saved(frames[0], "GIF", save_all=True, append_images=frames[1:]), "gif"),
        "WebP": (saved(photo, "WEBP"), "webp"),
        "lossless WebP": (saved(photo, "WEBP", lossless=True), "webp"),
        "TIFF": (saved(photo, "TIFF"), "tiff"),
        "TIFF of 16 bits": (saved(sixteen_bit, "TIFF"), "tiff"),
        "HEIC": (saved(photo, "HEIF"), "heic"),
        "AVIF": (saved(photo, "AVIF"), "avif"),
    }


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is this large, and is."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + (width + 7) // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
