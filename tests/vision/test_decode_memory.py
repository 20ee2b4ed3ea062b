"""What a photo costs, below 400 MB for 50 megapixels; and where things are in it, whatever it was shrunk by."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from kanta_core.vision.decode import check, decode

pillow_heif.register_heif_opener()

ROOT = Path(__file__).parents[2]
# ru_maxrss would count the parent's memory too: it outlives the exec.
MEASURE = """
import re, sys
from kanta_core.vision.decode import decode
photo = decode(open(sys.argv[1], "rb").read(), max_pixels=64_000_000)
print(photo.width, photo.height, photo.scale, *photo.pixels.shape)
print(int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) // 1024)
"""


def fifty_megapixels() -> Image.Image:
    tile = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    return Image.fromarray(np.tile(tile, (128, 128, 1)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process has held at most")
@pytest.mark.parametrize(
    ("kind", "options", "bound"),
    [
        ("JPEG", {}, 400),
        ("PNG", {"compress_level": 1}, 400),
        ("WEBP", {"quality": 20, "method": 0}, 200),
    ],
)
def test_fifty_megapixels_take_less_than_400_megabytes(
    kind: str, options: dict[str, object], bound: int, tmp_path: Path
) -> None:
    fifty_megapixels().save(tmp_path / "photo", kind, **options)
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, tmp_path / "photo"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    shape, megabytes = measured.stdout.splitlines()
    print(f"{kind}: {megabytes} MB")
    assert shape == "8192 6144 2.0 3072 4096 3"
    assert int(megabytes) < bound


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "GIF"])
def test_a_working_pixel_stands_for_scale_by_scale_of_the_photo(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = np.zeros((241, 321, 3), np.uint8)
    drawn[120:160, 200:260] = 255
    out = io.BytesIO()
    Image.fromarray(drawn).save(out, kind)
    for scale in (1, 2, 4, 8):
        monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", 321 * 241 / scale**2)
        photo = decode(out.getvalue(), max_pixels=100_000)
        assert (photo.width, photo.height, photo.scale) == (321, 241, scale)
        assert photo.pixels.shape[:2] == (-(-241 // scale), -(-321 // scale))
        rows, columns = np.nonzero(photo.pixels[..., 0] > 128)
        box = np.array([rows.min(), rows.max() + 1, columns.min(), columns.max() + 1]) * photo.scale
        assert abs(box - (120, 160, 200, 260)).max() <= scale


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "GIF"])
@pytest.mark.parametrize("size", [(1, 1), (1, 3_000), (3_000, 1), (17, 9)])
def test_photos_of_any_shape_are_read(kind: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind)
    for working_pixels in (25_000_000, 700, 1):
        monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", working_pixels)
        check(out.getvalue(), max_pixels=100_000)
        photo = decode(out.getvalue(), max_pixels=100_000)
        assert (photo.width, photo.height) == size
        assert abs(photo.pixels.astype(int) - (0, 128, 128)).max() < 12
