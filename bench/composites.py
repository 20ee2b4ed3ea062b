"""Which small faces are found in large photos, on pictures put together so that every face is known.

Portraits from LFW, shrunk to faces of 30 to 60 px, lie on made-up grounds of 12 and 24 MP, where a party's photo
has them; JPEG makes one picture of it. How many there are, where and how large is drawn from a seed.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench.alone import encode_alone
from bench.boxes import Box, Tally
from bench.encoders import systems
from bench.photos import lfw
from bench.previews import previews
from bench.recall import LFW_FACE
from bench.tables import show
from bench.walls import Known

_SIZES = [(4_000, 3_000)] * 4 + [(6_000, 4_000)] * 2
_FACES = (30, 60)
_WIDTHS = (30.0, 60.0)
_EDGES = (35, 45)
_CLASSES = ("30–35", "35–45", "45–60")
_CROWD, _CROWD_SIZE = 300, (8_660, 5_774)
# What is taken of a portrait: the head, in an ellipse that fades into the ground. Of the face's width.
_HEAD = (0.78, 1.02)
_FADE = 0.12


def run() -> None:
    portraits = lfw()
    if portraits is None:
        print("composites: left out, the data is not at hand")
        return
    heads = [portraits[name] for name in sorted(portraits)]
    compared = systems()
    compared |= previews(compared["Kanta"])
    pictures = [
        compose(heads, size, random.Random(seed).randint(*_FACES), seed) for seed, size in enumerate(_SIZES)
    ]
    rows = []
    for name, detect in compared.items():
        tally = Tally(_EDGES)
        for picture in pictures:
            tally.add(detect(picture.data), picture.faces, picture.optional)
        rows.append((name, *tally.cells(), tally.recall, tally.false))
    show(
        f"{len(pictures)} composites of 12 and 24 MP: faces found, by width in px",
        ("", *_CLASSES, "recall", "false"),
        rows,
    )
    _crowd(heads)


def compose(portraits: Sequence[bytes], size: tuple[int, int], count: int, seed: int) -> Known:
    """A JPEG of `size` with `count` of the portraits at places of their own."""
    chance = random.Random(seed)
    picture = ground(size, seed)
    taken: list[Box] = []
    faces: list[Box] = []
    neighbours: list[Box] = []
    for data in chance.sample(portraits, count):
        width = chance.uniform(*_WIDTHS)
        head, mask, face = _head(data, width)
        tall, wide = mask.shape[:2]
        while True:
            x, y = chance.randrange(size[0] - wide), chance.randrange(size[1] - tall)
            if not any(_touch((x, y, wide, tall), other) for other in taken):
                break
        taken.append((x, y, wide, tall))
        left, top, side, _ = face
        faces.append((x + left, y + top, side, side))
        # Of somebody else in the portrait there may be half a face beside the head.
        neighbours += [(x, y, left, tall), (x + left + side, y, wide - left - side, tall)]
        part = picture[y : y + tall, x : x + wide]
        part[:] = (part * (1 - mask) + head * mask).round()
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=chance.randint(85, 92))
    return Known(out.getvalue(), faces, neighbours)


def ground(size: tuple[int, int], seed: int) -> NDArray[np.uint8]:
    """Soft shapes of several sizes and a sensor's noise."""
    noise = np.random.default_rng(seed)
    total: NDArray[np.float32] = np.zeros((size[1], size[0], 3), np.float32)
    for cells, strength in ((6, 0.55), (24, 0.3), (120, 0.15)):
        rough = noise.integers(0, 256, (cells * size[1] // size[0] + 1, cells, 3), np.uint8)
        smooth = Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC)
        total += np.float32(strength) * np.asarray(smooth, np.float32)
    total += noise.standard_normal((size[1], size[0], 1), np.float32) * np.float32(3)
    return total.clip(0, 255).astype(np.uint8)


def _head(data: bytes, width: float) -> tuple[NDArray[np.float32], NDArray[np.float32], Box]:
    """A head whose face is `width` px wide, how much of each pixel is taken, and where its face lies."""
    scale = width / LFW_FACE[2]
    with Image.open(io.BytesIO(data)) as photo:
        size = (round(photo.width * scale), round(photo.height * scale))
        pixels = np.asarray(photo.convert("RGB").resize(size, Image.Resampling.LANCZOS), np.float32)
    left, top, wide, tall = (v * scale for v in LFW_FACE)
    x, y = left + wide / 2, top + tall * 0.4
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    reach = np.hypot((columns - x) / (_HEAD[0] * width), (rows - y) / (_HEAD[1] * width))
    mask = ((1 - reach) / _FADE).clip(0, 1).astype(np.float32)[:, :, None]
    return pixels, mask, (left, top, wide, tall)


def _touch(one: Box, other: Box) -> bool:
    apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
    return not (apart or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1])


def _crowd(portraits: Sequence[bytes]) -> None:
    """What a process takes to encode 300 faces in 50 MP: a container has to be that large."""
    picture = compose(portraits, _CROWD_SIZE, _CROWD, seed=_CROWD)
    answer = encode_alone(picture.data)
    tally = Tally(_EDGES)
    tally.add(answer.found, picture.faces, picture.optional)
    show(
        f"{_CROWD} faces in {_CROWD_SIZE[0] * _CROWD_SIZE[1] / 1e6:.0f} MP, a process of its own",
        ("", *_CLASSES, "false", "MB, models loaded", "MB, peak"),
        [("Kanta", *tally.cells(), tally.false, f"{answer.loaded / 1e6:.0f}", f"{answer.peak / 1e6:.0f}")],
    )
