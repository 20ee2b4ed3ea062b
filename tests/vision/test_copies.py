"""What is seen of a photo is the same whichever copy it is taken from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.copies import Copies
from kanta_core.vision.patch import patch

Pixels = NDArray[np.uint8]


def soft(width: int, height: int) -> Pixels:
    rough = np.random.default_rng(3).integers(0, 256, (height // 50, width // 50, 3), np.uint8)
    return np.asarray(Image.fromarray(rough).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize("angle", [0.0, 0.4, -1.5, 3.0])
@pytest.mark.parametrize("centre", [(2_000.0, 1_500.0), (3_950.0, 80.0), (17.0, 2_990.0)])
def test_a_large_place_looks_the_same_on_the_coarse_copy(centre: tuple[float, float], angle: float) -> None:
    pixels = soft(4_000, 3_000)
    seen = np.asarray(Copies(pixels).patch(centre, 900, size=96, angle=angle), np.float64)
    expected = np.asarray(patch(pixels, centre, 900, size=96, angle=angle), np.float64)
    # One pixel off, or a little turned, it would differ by ten.
    assert np.abs(seen - expected).mean() < 2


def test_a_small_place_is_seen_pixel_by_pixel() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (2_000, 3_000, 3), dtype=np.uint8)
    seen = Copies(pixels).patch((1_500, 1_000), 96, size=96)
    assert np.array_equal(np.asarray(seen), np.asarray(patch(pixels, (1_500, 1_000), 96, size=96)))


def test_the_copy_of_a_small_photo_is_the_photo() -> None:
    pixels = soft(1_600, 1_200)
    assert Copies(pixels).coarse is pixels
    assert Copies(soft(1_601, 1_200)).coarse.shape == (1_199, 1_600, 3)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_and_its_copy_turn_together(turns: int) -> None:
    photo = Copies(soft(2_400, 1_800))
    turned = photo.turned(turns)
    assert np.array_equal(turned.pixels, np.rot90(photo.pixels, turns))
    assert np.array_equal(turned.coarse, np.rot90(photo.coarse, turns))
    assert turned.scale == photo.scale
