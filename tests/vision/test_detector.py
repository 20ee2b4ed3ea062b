"""BlazeFace over a whole photo: small faces, turned photos, faces on the seams, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from kanta_core.vision.align import landmarks
from kanta_core.vision.decode import decode
from kanta_core.vision.detection import Detection
from kanta_core.vision.neural.detector import detect

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def head(sample_photos: Path) -> Image.Image:
    """A square with one head in its middle, the face 45 % of its width."""
    pixels = decode((sample_photos / "biden.jpg").read_bytes(), max_pixels=64_000_000).pixels
    (face,) = detect(pixels)
    side = face.right - face.left
    margin = round(side * 0.6)
    return Image.fromarray(pixels).crop(
        (face.left - margin, face.top - margin, face.right + margin, face.bottom + margin)
    )


def ground(width: int, height: int) -> Image.Image:
    random = np.random.default_rng(1)
    coarse = Image.fromarray(random.integers(60, 190, (height // 100, width // 100, 3), dtype=np.uint8))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)


def centre(face: Detection) -> tuple[float, float]:
    return (face.left + face.right) / 2, (face.top + face.bottom) / 2


@pytest.mark.parametrize(("size", "width"), [((4_000, 3_000), 30), ((6_000, 4_000), 30), ((640, 480), 24)])
def test_small_faces_in_large_photos_are_found_each_once(
    head: Image.Image, size: tuple[int, int], width: int
) -> None:
    photo = ground(*size)
    side = round(width / 0.45)
    small = head.resize((side, side), Image.Resampling.LANCZOS)
    columns, rows = 5, 3
    expected: list[tuple[float, float]] = []
    for number in range(columns * rows):
        x = (number % columns) * size[0] // columns + 3 * number
        y = (number // columns) * size[1] // rows + 5 * number
        photo.paste(small, (x, y))
        expected.append((x + side / 2, y + side / 2))
    found = [centre(face) for face in detect(np.asarray(photo))]
    assert len(found) == len(expected)
    for middle_x, middle_y in expected:
        assert min(abs(a - middle_x) + abs(b - middle_y) for a, b in found) < width / 2


@pytest.mark.parametrize("width", [24, 60, 150, 400])
def test_a_face_on_the_seam_of_two_blocks_is_one_face(head: Image.Image, width: int) -> None:
    # Wherever the seams are, some of these lie on them.
    side = round(width / 0.45)
    scaled = head.resize((side, side), Image.Resampling.LANCZOS)
    for x in range(300, 700, 57):
        photo = ground(1_600, 1_200)
        photo.paste(scaled, (x, x // 2))
        (face,) = detect(np.asarray(photo))
        assert abs(face.right - face.left - width) < 0.35 * width


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_on_its_side_shows_the_same_face(sample_photos: Path, turns: int) -> None:
    pixels = decode((sample_photos / "obama.jpg").read_bytes(), max_pixels=64_000_000).pixels
    (upright,) = detect(pixels)
    points = landmarks(pixels, upright)
    # Turned clockwise, the photo lies; so many turns anticlockwise make it upright again.
    lying = np.ascontiguousarray(np.rot90(pixels, -turns))
    (face,) = detect(lying)
    # 90° clockwise, 180°, or 90° the other way.
    assert abs(((face.roll - 90 * turns) + 180) % 360 - 180) < 15
    height, width = pixels.shape[:2]
    for (x, y), (a, b) in zip(points, landmarks(lying, face), strict=True):
        expected = {1: (height - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, width - 1 - x)}[turns]
        assert abs(expected[0] - a) + abs(expected[1] - b) < 0.06 * (upright.right - upright.left)


def test_what_is_no_face_is_not_found() -> None:
    random = np.random.default_rng(7)
    for _ in range(6):
        noise = random.integers(0, 256, (600, 800, 3), dtype=np.uint8)
        assert detect(noise) == []
        assert detect(np.asarray(ground(1_200, 900))) == []


@pytest.mark.parametrize("size", [(1, 1), (31, 7), (5_000, 2)])
def test_a_photo_of_any_shape_is_looked_at(size: tuple[int, int]) -> None:
    assert detect(np.zeros((size[1], size[0], 3), np.uint8)) == []


def test_of_a_face_beyond_the_edge_only_what_is_inside_counts() -> None:
    face = Detection(-10, 20, 30, 60, score=1.0)
    assert face.within(100, 50) == Detection(0, 20, 30, 50, score=1.0)
    assert face.within(100, 20) is None
    cut = face.within(100, 50)
    assert cut is not None
    box = cut.box(2, 199, 99)
    assert (box.x, box.y, box.width, box.height) == (0, 40, 60, 59)
