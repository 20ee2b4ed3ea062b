"""What other photo apps search for faces: a small copy of the photo."""

from __future__ import annotations

import io

from PIL import Image

from bench.boxes import Box
from bench.encoders import Detect
from bench.photos import full_size

# Immich's and PhotoPrism's.
_SIDES = (1_440, 720)
_QUALITY = 90


def previews(detect: Detect) -> dict[str, Detect]:
    """`detect` on each of them, by name."""
    return {f"Kanta, {side} px preview": _on_preview(detect, side) for side in _SIDES}


def _on_preview(detect: Detect, side: int) -> Detect:
    """`detect` on a JPEG whose longer side is `side` px at most, its boxes in pixels of the photo."""

    def detect_on_preview(data: bytes) -> list[Box]:
        pixels = full_size(data)
        height, width = pixels.shape[:2]
        scale = max(1.0, max(height, width) / side)
        size = (round(width / scale), round(height / scale))
        out = io.BytesIO()
        Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=_QUALITY)
        return [(x * scale, y * scale, w * scale, h * scale) for x, y, w, h in detect(out.getvalue())]

    return detect_on_preview
