"""From bytes to working pixels, by format: time, and the most memory a process holds; beside Pillow alone."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pillow_heif
from PIL import Image

from bench.tables import show

_ROOT = Path(__file__).parents[1]
_ROUNDS = 3
_WAYS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("JPEG", "JPEG", {"quality": 88}),
    (
        "JPEG on its side",
        "JPEG",
        {"quality": 88, "exif": b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"},
    ),
    ("JPEG, progressive", "JPEG", {"quality": 88, "progressive": True}),
    ("PNG", "PNG", {"compress_level": 1}),
    ("WebP", "WEBP", {"quality": 80, "method": 0}),
    ("AVIF", "AVIF", {"quality": 60, "speed": 10}),
    ("HEIC", "HEIF", {"quality": 40, "tile_size": 512}),
)
_SIZES = ((4_000, 3_000), (8_192, 6_144))
# x265 takes a minute for more.
_MOST_HEIC = 12_000_000
_MEASURES = {
    "decode": "decode(data, max_pixels=64_000_000)",
    "check": "check(data, max_pixels=64_000_000)",
    "Pillow": "np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert('RGB'))",
}
_PROGRAM = """
import io, sys, time
import numpy as np, pillow_heif
from PIL import Image, ImageOps
from kanta_core.vision.decode import check, decode
pillow_heif.register_heif_opener()
data = open(sys.argv[1], "rb").read()
seconds = []
for _ in range(int(sys.argv[2])):
    started = time.perf_counter()
    {measure}
    seconds.append(time.perf_counter() - started)
print(1000 * min(seconds))
print(open("/proc/self/status").read())
"""


def run() -> None:
    pillow_heif.register_heif_opener()
    with tempfile.TemporaryDirectory() as folder:
        for width, height in _SIZES:
            picture, rows = _photo(width, height), []
            for name, kind, options in _WAYS:
                if kind == "HEIF" and width * height > _MOST_HEIC:
                    continue
                stored = Path(folder, "photo")
                stored.write_bytes(_saved(picture, kind, options))
                figures = {what: _measured(stored, measure) for what, measure in _MEASURES.items()}
                (ours, held), (checked, _), (plain, plainly_held) = figures.values()
                rows.append(
                    (name, stored.stat().st_size / 1e6, ours, held, checked, plain, plainly_held, plain / ours)
                )
            show(
                f"decoding {width * height / 1e6:.0f} megapixels, one thread",
                ("", "MB", "ms", "held, MB", "check, ms", "Pillow, ms", "Pillow held, MB", "× ours"),
                rows,
            )


def _photo(width: int, height: int) -> Image.Image:
    """Soft colours with a camera's noise on them."""
    small = np.random.default_rng(0).integers(0, 256, (height // 400, width // 400, 3), dtype=np.uint8)
    pixels = np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)).copy()
    pixels //= 2
    pixels += np.random.default_rng(1).integers(0, 12, pixels.shape, dtype=np.uint8)
    return Image.fromarray(pixels)


def _saved(picture: Image.Image, kind: str, options: dict[str, object]) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def _measured(stored: Path, measure: str) -> tuple[float, int]:
    """Milliseconds of the fastest round, and the megabytes a process held at most."""
    program = _PROGRAM.format(measure=measure)
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", program, stored, str(_ROUNDS)],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    held = re.search(r"VmHWM:\s*(\d+)", done.stdout)
    assert held
    return float(done.stdout.split()[0]), int(held[1]) // 1024
