"""The photos to measure with: shared research data where it is at hand, else variants of the sample photos."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

_ROOT = Path(__file__).parent.parent
_SHARED = Path(os.environ.get("KANTA_SHARED_DATA") or _ROOT.parent / "shared" / "data")
_SAMPLES = _ROOT / ".venv" / "sample" / "demo" / "photos"


def yale() -> dict[str, bytes] | None:
    """The 165 Yale photos by name, None where the data is not at hand."""
    return _unzip(_SHARED / "yale_png.zip", ".png")


def groups() -> list[bytes] | None:
    """The photos that bench/reference/groups.json speaks of, None where the data is not at hand."""
    found = _unzip(_SHARED / "groups_dev.zip", (".jpg", ".png"))
    return None if found is None else list(found.values())


def lfw() -> dict[str, bytes] | None:
    """Half of LFW (deep-funneled, 250 × 250) by name, `First_Last_0001.jpg`; None where it is not at hand."""
    return _unzip(_SHARED / "lfw_dev.zip", ".jpg")


def full_size(data: bytes) -> NDArray[np.uint8]:
    """The photo's own pixels, upright: RGB, uint8, (height, width, 3)."""
    with Image.open(io.BytesIO(data)) as photo:
        return np.asarray(ImageOps.exif_transpose(photo).convert("RGB"))


def portraits(count: int) -> tuple[str, list[bytes]]:
    """`count` different photos of one face each, about 250 px wide, and where they come from."""
    found = _unzip(_SHARED / "lfw_dev.zip", ".jpg", count)
    if found is not None:
        return "LFW", list(found.values())
    originals = sorted(_SAMPLES.glob("*.jpg"))
    return "variants of the sample photos", [_variant(originals[k % len(originals)], k) for k in range(count)]


def _unzip(path: Path, ending: str | tuple[str, ...], most: int | None = None) -> dict[str, bytes] | None:
    if not path.is_file():
        return None
    with zipfile.ZipFile(path) as photos:
        names = sorted(name for name in photos.namelist() if name.endswith(ending))[:most]
        return {name.rsplit("/", 1)[-1]: photos.read(name) for name in names}


def _variant(path: Path, number: int) -> bytes:
    out = io.BytesIO()
    with Image.open(path) as photo:
        width = 250 + number // 6
        photo.resize((width, round(width * photo.height / photo.width))).save(out, "JPEG", quality=90)
    return out.getvalue()
