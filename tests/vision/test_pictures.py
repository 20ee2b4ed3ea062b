"""The small pictures: faces upright, in the middle and of one size; photos whole; nothing but pixels in them."""

from __future__ import annotations

import io
import math
import time

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from kanta_core.vision.copies import Copies
from kanta_core.vision.pictures import crop, thumbnail

Landmarks = list[tuple[int, int]]

# A drawn face, around its middle and in distances between its eyes: right eye's corners, left eye's, nose.
FACE = ((0.62, -0.3), (0.38, -0.3), (-0.62, -0.3), (-0.38, -0.3), (0.0, 0.3))
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def drawn(
    size: tuple[int, int], middle: tuple[float, float], apart: float, angle: float = 0
) -> tuple[NDArray[np.uint8], Landmarks]:
    """A photo with a face in it: on white, the right eye red, the left one green, the nose blue."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    points = np.array(FACE) * apart @ turn.T + middle
    for (x, y), colour in zip(
        (points[:2].mean(0), points[2:4].mean(0), points[4]), (RED, GREEN, BLUE), strict=True
    ):
        draw.circle((x, y), apart / 5, fill=colour)
    return np.asarray(image), [(round(x), round(y)) for x, y in points]


def opened(picture: bytes) -> NDArray[np.float64]:
    with Image.open(io.BytesIO(picture)) as image:
        return np.asarray(image, float)


def place(pixels: NDArray[np.float64], colour: tuple[int, int, int]) -> NDArray[np.float64]:
    """Where the pixels of that colour lie: their mean, x and y."""
    rows, columns = np.nonzero(np.abs(pixels - colour).sum(axis=2) < 200)
    assert len(rows), f"nothing of {colour}"
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def segments(jpeg: bytes) -> list[int]:
    """The markers before the picture itself."""
    found, at = [], 2
    while jpeg[at + 1] != 0xDA:
        assert jpeg[at] == 0xFF
        found.append(jpeg[at + 1])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
    return found


@pytest.mark.parametrize("angle", range(-180, 180, 30))
@pytest.mark.parametrize("apart", [60, 250])
def test_every_face_is_upright_in_the_middle_and_of_one_size(apart: int, angle: int) -> None:
    pixels, landmarks = drawn((1_600, 1_400), (800, 700), apart, math.radians(angle))
    seen = opened(crop(Copies(pixels), landmarks))
    assert seen.shape == (160, 160, 3)
    right, left, nose = (place(seen, colour) for colour in (RED, GREEN, BLUE))
    assert np.allclose((right + left + 2 * nose) / 4, (80, 80), atol=2)
    assert abs(right[1] - left[1]) < 2
    assert right[0] - left[0] == pytest.approx(160 * 0.45 / 2, abs=2)
    assert nose[1] - left[1] == pytest.approx(0.6 * 36, abs=2)


@pytest.mark.parametrize(("apart", "within"), [(5, 12), (10, 6), (20, 4)])
def test_a_tiny_face_is_made_larger_and_stays_in_the_middle(apart: int, within: float) -> None:
    pixels, landmarks = drawn((200, 200), (100, 100), apart)
    seen = opened(crop(Copies(pixels), landmarks))
    right, left = place(seen, RED), place(seen, GREEN)
    assert (right[0] + left[0]) / 2 == pytest.approx(80, abs=within)
    assert right[0] - left[0] == pytest.approx(36, abs=within)


@pytest.mark.parametrize("middle", [(0, 0), (399, 0), (0, 299), (399, 299), (200, 3)])
def test_beyond_the_photos_edge_a_crop_is_grey(middle: tuple[int, int]) -> None:
    pixels, landmarks = drawn((400, 300), middle, 60)
    seen = opened(crop(Copies(pixels), landmarks))
    grey = np.abs(seen - 128).max(axis=2) < 12
    corner = grey[5 if middle[1] < 150 else -5, 5 if middle[0] < 200 else -5]
    assert corner
    assert 0.4 < grey.mean() < 0.8


@pytest.mark.parametrize(
    "landmarks",
    [
        [(5_000, 5_000)] * 5,
        [(-900, -900)] * 5,
        [(0, 0)] * 5,
        [(399, 299)] * 5,
        [(200, 150)] * 5,
        [(-30_000, 0), (-29_000, 5), (30_000, 0), (29_000, 5), (0, 40_000)],
    ],
)
def test_landmarks_without_sense_make_a_picture_still(landmarks: Landmarks) -> None:
    pixels, _ = drawn((400, 300), (200, 150), 60)
    assert opened(crop(Copies(pixels), landmarks)).shape == (160, 160, 3)


def fastest(pixels: NDArray[np.uint8], landmarks: Landmarks) -> float:
    """Milliseconds of the fastest of ten crops: what it takes, not what else the machine does."""
    photo = Copies(pixels)

    def once() -> float:
        started = time.perf_counter()
        crop(photo, landmarks)
        return 1_000 * (time.perf_counter() - started)

    return min(once() for _ in range(10))


def test_a_crop_takes_milliseconds_even_of_a_face_that_fills_50_megapixels() -> None:
    usual = fastest(*drawn((4_000, 3_000), (2_000, 1_500), 80))
    huge = fastest(*drawn((8_192, 6_144), (4_096, 3_072), 2_500, 0.5))
    print(f"crop: {usual:.2f} ms, of a face that fills 50 megapixels {huge:.1f} ms")
    assert usual < 3
    assert huge < 40


def test_a_fine_pattern_becomes_its_mean_in_a_crop() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (3_000, 3_000, 1), dtype=np.uint8).repeat(3, axis=2)
    _, landmarks = drawn((3_000, 3_000), (1_500, 1_500), 500)
    assert opened(crop(Copies(noise), landmarks)).std() < 30


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1, 1), (1, 1)),
        ((1, 60_000), (1, 640)),
        ((60_000, 1), (640, 1)),
        ((8_000, 6_000), (640, 480)),
        ((641, 640), (640, 639)),
        ((320, 243), (320, 243)),
        ((3, 640), (3, 640)),
    ],
)
def test_a_thumbnail_shows_the_whole_photo(size: tuple[int, int], expected: tuple[int, int]) -> None:
    width, height = size
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : (width + 1) // 2] = RED
    seen = opened(thumbnail(pixels))
    assert seen.shape == (expected[1], expected[0], 3)
    assert np.abs(seen[0, 0] - RED).max() < 10
    if width > 100:
        assert seen[-1, -1].max() < 10


def test_a_grey_photo_stays_grey() -> None:
    pixels, landmarks = drawn((800, 600), (400, 300), 60)
    grey = np.repeat(pixels.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)
    for picture in (thumbnail(grey), crop(Copies(grey), landmarks)):
        seen = opened(picture)
        assert np.ptp(seen, axis=2).max() == 0


def test_nothing_but_pixels_is_in_a_picture() -> None:
    pixels, landmarks = drawn((800, 600), (400, 300), 60)
    for picture in (thumbnail(pixels), crop(Copies(pixels), landmarks)):
        # JFIF's own header, tables and the frame: no EXIF, no profile, no comment.
        assert set(segments(picture)) <= {0xE0, 0xDB, 0xC0, 0xC4}
        assert picture.endswith(b"\xff\xd9")


def test_the_same_pixels_make_the_same_bytes_and_stay_as_they_are() -> None:
    pixels, landmarks = drawn((800, 600), (400, 300), 60)
    before = pixels.copy()
    assert crop(Copies(pixels), landmarks) == crop(Copies(pixels), landmarks)
    assert thumbnail(pixels) == thumbnail(pixels)
    assert np.array_equal(pixels, before)
