"""Photos as people take them at a party: large, with several faces, all different."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from PIL import Image

from bench.photos import portraits

# Of what there is room for, how large a portrait may be.
_LEAST, _MOST = 0.55, 0.95
_DIFFERENT = 400
# Of a portrait's side: LFW's have the face in the middle, and here and there others beside it.
_MIDDLE = 0.64


def parties(count: int, size: tuple[int, int], faces: tuple[int, int]) -> tuple[str, list[bytes]]:
    """Where their faces come from, and `count` JPEGs of `size`, each of `faces` (columns, rows) people."""
    columns, rows = faces
    source, known = portraits(min(count * columns * rows, _DIFFERENT))
    random = np.random.default_rng(0)
    drawn = (random.choice(len(known), columns * rows, replace=len(known) < columns * rows) for _ in range(count))
    return source, [_party((known[one] for one in people), size, faces, random) for people in drawn]


def _party(
    people: Iterable[bytes], size: tuple[int, int], faces: tuple[int, int], random: np.random.Generator
) -> bytes:
    ground = Image.fromarray(random.integers(70, 180, (9, 12, 3), dtype=np.uint8))
    photo = ground.resize(size, Image.Resampling.BICUBIC)
    width, height = size[0] // faces[0], size[1] // faces[1]
    for number, portrait in enumerate(people):
        side = int(min(width, height) * random.uniform(_LEAST, _MOST))
        row, column = divmod(number, faces[0])
        with Image.open(io.BytesIO(portrait)) as its:
            place = column * width + (width - side) // 2, row * height + (height - side) // 2
            margin = round(its.width * (1 - _MIDDLE) / 2)
            middle = its.convert("RGB").crop((margin, margin, its.width - margin, its.height - margin))
            photo.paste(middle.resize((side, side), Image.Resampling.BICUBIC), place)
    data = io.BytesIO()
    photo.save(data, "JPEG", quality=92)
    return data.getvalue()
