"""The photos to measure with: shared research data where it is at hand, else variants of the sample photos."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from PIL import Image

_ROOT = Path(__file__).parent.parent
_SHARED = Path(os.environ.get("KANTA_SHARED_DATA") or _ROOT.parent / "shared" / "data")
_SAMPLES = _ROOT / ".venv" / "sample" / "demo" / "photos"


def yale() -> dict[str, bytes] | None:
    """The 165 Yale photos by name, None where the data is not at hand."""
    return _unzip(_SHARED / "yale_png.zip", ".png")


def portraits(count: int) -> tuple[str, list[bytes]]:
    """`count` different photos of one face each, about 250 px wide, and where they come from."""
    found = _unzip(_SHARED / "lfw_dev.zip", ".jpg", count)
    if found is not None:
        return "LFW", list(found.values())
    originals = sorted(_SAMPLES.glob("*.jpg"))
    return "variants of the sample photos", [_variant(originals[k % len(originals)], k) for k in range(count)]


def _unzip(path: Path, ending: str, most: int | None = None) -> dict[str, bytes] | None:
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
