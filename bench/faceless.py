"""Photos that show nobody: what is taken for a face in them, and what looking for one costs.

Landscapes, tables, cakes and dance floors from behind are common at a party, and a face that isn't one is what
people see at once. The photos here are of 12 MP: real ones, put together from the parts of the group photos that
show no face (clothes, hands, walls, trees), and made-up grounds.
"""

from __future__ import annotations

import io
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from bench.boxes import Box
from bench.composites import ground
from bench.encoders import encoder
from bench.photos import full_size
from bench.tables import show
from bench.walls import Known, known_groups
from kanta_core.vision.encoder import FaceEncoder

Pixels = NDArray[np.uint8]

_SIZE = (4_000, 3_000)
# Parts across and down: from sharp and small to one large and soft.
_GRIDS = (1, 2, 4, 6)
_OF_EACH_GRID = 6
# What a part is cut out with: around a face, of its width; and how large it has to be, in px.
_AROUND = 0.6
_LEAST = 120
_CELL = 8
_QUALITY = 90


def run() -> None:
    kanta = encoder()
    rows = [_row(kanta, name, photos) for name, photos in kinds()]
    rows.append(
        _Row("all", [found for row in rows for found in row.found], [ms for row in rows for ms in row.spent])
    )
    show(
        "photos of 12 MP that show nobody, one core",
        ("", "photos", "with a false face", "false faces", "ms, the mean", "ms, the most"),
        [row.cells() for row in rows],
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """Of each photo of a kind: the faces found, and the processor time."""

    name: str
    found: list[int]
    spent: list[float]

    def cells(self) -> tuple[object, ...]:
        with_one = sum(found > 0 for found in self.found)
        mean, most = f"{sum(self.spent) / len(self.spent):.0f}", f"{max(self.spent):.0f}"
        return self.name, len(self.found), with_one, sum(self.found), mean, most


def _row(kanta: FaceEncoder, name: str, photos: Sequence[bytes]) -> _Row:
    row = _Row(name, [], [])
    for photo in photos:
        started = time.process_time()
        row.found.append(len(kanta.encode(photo).faces))
        row.spent.append(1000 * (time.process_time() - started))
    return row


def kinds() -> Iterator[tuple[str, list[bytes]]]:
    """JPEGs of 12 MP without a face, by what they are made of."""
    known = known_groups()
    if known is None:
        print("faceless photos: the real ones are left out, the data is not at hand")
    else:
        parts = [part for photo in known for part in _parts(photo)]
        chance = random.Random(0)
        for grid in _GRIDS:
            photos = [_jpeg(_mosaic(parts, grid, chance)) for _ in range(_OF_EACH_GRID)]
            yield f"real, {grid} × {grid} parts", photos
    yield "soft shapes", [_jpeg(ground(_SIZE, seed)) for seed in range(4)]
    yield "blots", [_jpeg(_blots(cells, seed)) for seed, cells in enumerate((6, 12, 24, 60, 150))]
    yield "gradients and noise", [_jpeg(_noisy(grain, seed)) for seed, grain in enumerate((0, 3, 12, 60))]
    yield "writing", [_jpeg(_writing(size)) for size in (24, 60, 160)]


def _parts(photo: Known) -> Iterator[Pixels]:
    """Rectangles of a photo in which no face lies, the largest first, none over another."""
    pixels = full_size(photo.data)
    free = np.ones((pixels.shape[0] // _CELL, pixels.shape[1] // _CELL), np.bool_)
    for face in (*photo.faces, *photo.optional):
        _take(free, face[0] - _AROUND * face[2], face[1] - _AROUND * face[3], *_widened(face))
    while True:
        left, top, right, bottom = (edge * _CELL for edge in _largest(free))
        if min(right - left, bottom - top) < _LEAST:
            return
        yield pixels[top:bottom, left:right]
        _take(free, left, top, right, bottom)


def _widened(face: Box) -> tuple[float, float]:
    return face[0] + (1 + _AROUND) * face[2], face[1] + (1 + _AROUND) * face[3]


def _take(free: NDArray[np.bool_], left: float, top: float, right: float, bottom: float) -> None:
    first = max(int(top // _CELL), 0), max(int(left // _CELL), 0)
    free[first[0] : max(int(-(-bottom // _CELL)), 0), first[1] : max(int(-(-right // _CELL)), 0)] = False


def _largest(free: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the free rectangle with the largest shorter side, among those the larger one."""
    best, worth = (0, 0, 0, 0), (0, 0)
    height: NDArray[np.int64] = np.zeros(free.shape[1], np.int64)
    for row, cells in enumerate(free):
        height = np.where(cells, height + 1, 0)
        for left in range(len(height)):
            low = np.minimum.accumulate(height[left:])
            wide = np.arange(1, len(low) + 1)
            short = np.minimum(low, wide)
            at = int(np.lexsort((low * wide, short))[-1])
            if (its := (int(short[at]), int(low[at] * wide[at]))) > worth:
                best, worth = (left, row + 1 - int(low[at]), left + at + 1, row + 1), its
    return best


def _mosaic(parts: Sequence[Pixels], grid: int, chance: random.Random) -> Pixels:
    """As many parts as the grid has places, each as large as its place."""
    photo = Image.new("RGB", _SIZE)
    width, height = _SIZE[0] // grid, _SIZE[1] // grid
    for place in range(grid * grid):
        part = Image.fromarray(np.ascontiguousarray(chance.choice(parts)))
        # As much of it as has the place's shape.
        shape = min(part.width / width, part.height / height)
        box = (0, 0, shape * width, shape * height)
        row, column = divmod(place, grid)
        photo.paste(
            part.resize((width, height), Image.Resampling.BICUBIC, box=box), (column * width, row * height)
        )
    return np.asarray(photo)


def _blots(cells: int, seed: int) -> Pixels:
    rough = np.random.default_rng(seed).integers(50, 200, (cells * 3 // 4, cells, 3), np.uint8)
    return np.asarray(Image.fromarray(rough).resize(_SIZE, Image.Resampling.BICUBIC))


def _noisy(grain: float, seed: int) -> Pixels:
    noise = np.random.default_rng(seed)
    across, down = np.linspace(0, 1, _SIZE[0]), np.linspace(0, 1, _SIZE[1])
    corner, other = noise.uniform(30, 120, 3), noise.uniform(100, 230, 3)
    shade = (across[None, :, None] + down[:, None, None]) / 2
    plain = corner + (other - corner) * shade
    return (plain + noise.standard_normal((*plain.shape[:2], 1)) * grain).clip(0, 255).astype(np.uint8)


def _writing(size: int) -> Pixels:
    chance = random.Random(size)
    page = Image.new("RGB", _SIZE, (238, 234, 226))
    draw, font = ImageDraw.Draw(page), ImageFont.load_default(size)
    for line in range(_SIZE[1] // (2 * size)):
        words = (
            "".join(chance.choices("abcdefghijklmnoprstuvwyz8B0Oo&@:)", k=chance.randint(2, 9))) for _ in range(60)
        )
        draw.text((size, line * 2 * size), " ".join(words), fill=(40, 36, 44), font=font)
    return np.asarray(page)


def _jpeg(pixels: Pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
