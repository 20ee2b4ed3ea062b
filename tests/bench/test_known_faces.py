"""Pictures of which every face is known."""

from __future__ import annotations

import io
import json
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import bench.reference
from bench.boxes import matches, overlap
from bench.composites import compose
from bench.walls import Known, wall

REFERENCE = json.loads((Path(bench.reference.__file__).parent / "groups.json").read_text())


def photo(colour: str, size: tuple[int, int] = (250, 250)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def pixels_of(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("one", REFERENCE.values(), ids=lambda one: one["label"])
def test_the_references_faces_lie_in_their_photo_and_none_is_there_twice(one: dict[str, Any]) -> None:
    width, height = one["size"]
    for x, y, wide, tall in one["faces"] + one["optional"]:
        assert wide > 0
        assert tall > 0
        assert 0 <= x <= x + wide <= width
        assert 0 <= y <= y + tall <= height
    assert not any(matches(tuple(a), tuple(b)) for a, b in combinations(one["faces"], 2))


def test_a_composite_has_every_head_where_it_says_and_none_on_another() -> None:
    # Red, so that a head stands out from the ground.
    picture = compose([photo("red")] * 12, (900, 700), 12, seed=1)
    pixels = pixels_of(picture.data)
    assert pixels.shape == (700, 900, 3)
    for x, y, wide, tall in picture.faces:
        red, green, blue = pixels[int(y + tall / 2), int(x + wide / 2)]
        assert red > 230
        assert max(green, blue) < 30
    assert len(picture.faces) == 12
    assert all(30 <= wide <= 60 for _, _, wide, _ in picture.faces)
    assert not any(overlap(a, b) for a, b in combinations(picture.faces, 2))


def test_the_same_seed_makes_the_same_composite() -> None:
    portraits = [photo("red"), photo("blue"), photo("white")]
    once, again, other = (compose(portraits, (600, 400), 3, seed=seed) for seed in (1, 1, 2))
    assert once == again != other


def test_on_a_wall_every_face_moves_and_shrinks_with_its_photo() -> None:
    # Two faces, 60 and 62 px wide, and nothing but faces is green.
    image = Image.new("RGB", (300, 200), "red")
    image.paste("green", (20, 30, 80, 90))
    image.paste("green", (200, 100, 262, 162))
    out = io.BytesIO()
    image.save(out, "PNG")
    known = wall([Known(out.getvalue(), [(20, 30, 60, 60), (200, 100, 62, 62)], [])])
    pixels = pixels_of(known.data)
    for x, y, wide, tall in known.faces:
        for across, down in ((0.2, 0.2), (0.8, 0.8), (0.5, 0.5)):
            red, green, _ = pixels[int(y + down * tall), int(x + across * wide)]
            assert green > 90 > red
        assert pixels[int(y + tall / 2), int(x - 4), 0] > 150
    widths = sorted(wide for _, _, wide, _ in known.faces)
    assert 17 < widths[0] < 18
    assert 55 < widths[-1] < 57
