"""A photo is turned the way it is looked at, once, whatever its format and however many pixels it has."""

from __future__ import annotations

import io

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageOps

from kanta_core.vision.decode import Photo, decode

pillow_heif.register_heif_opener()

RED, GREEN, BLUE, WHITE = "red", "green", "blue", "white"
COLOURS = {RED: (255, 0, 0), GREEN: (0, 128, 0), BLUE: (0, 0, 255), WHITE: (255, 255, 255)}
# Stored with red and green above blue and white; seen, from the upper left to the lower right, as EXIF 2.32 says.
SEEN = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (WHITE, BLUE, GREEN, RED),
    4: (BLUE, WHITE, RED, GREEN),
    5: (RED, BLUE, GREEN, WHITE),
    6: (BLUE, RED, WHITE, GREEN),
    7: (WHITE, GREEN, BLUE, RED),
    8: (GREEN, WHITE, RED, BLUE),
}


def stored(width: int, height: int) -> Image.Image:
    pixels = np.empty((height, width, 3), np.uint8)
    for index, colour in enumerate((RED, GREEN, BLUE, WHITE)):
        rows = slice(0, height // 2) if index < 2 else slice(height // 2, height)
        columns = slice(0, width // 2) if index % 2 == 0 else slice(width // 2, width)
        pixels[rows, columns] = COLOURS[colour]
    return Image.fromarray(pixels)


def corners(photo: Photo) -> tuple[str, ...]:
    height, width = photo.pixels.shape[:2]
    points = [
        (height // 4 + below * height // 2, width // 4 + right * width // 2)
        for below in (0, 1)
        for right in (0, 1)
    ]
    seen = [photo.pixels[point].astype(int) for point in points]
    return tuple(min(COLOURS, key=lambda name: int(abs(pixel - COLOURS[name]).sum())) for pixel in seen)


def with_orientation(picture: Image.Image, turn: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = turn
    out = io.BytesIO()
    picture.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_orientation_of_every_format_is_seen_upright(kind: str, turn: int) -> None:
    photo = decode(with_orientation(stored(96, 64), turn, kind), max_pixels=1_000_000)
    assert corners(photo) == SEEN[turn]
    assert (photo.width, photo.height) == ((96, 64) if turn < 5 else (64, 96))


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_so_is_a_photo_that_was_made_smaller(kind: str, turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", 2_500)
    photo = decode(with_orientation(stored(97, 63), turn, kind), max_pixels=1_000_000)
    assert photo.scale == 2
    assert corners(photo) == SEEN[turn]
    assert (photo.width, photo.height) == ((97, 63) if turn < 5 else (63, 97))
    assert photo.pixels.shape == ((32, 49, 3) if turn < 5 else (49, 32, 3))


@pytest.mark.parametrize("turn", range(1, 9))
def test_so_is_a_photo_of_many_strips(turn: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanta_core.vision.working._STRIP_PIXELS", 500)
    noise = Image.fromarray(np.random.default_rng(turn).integers(0, 256, (64, 96, 3), dtype=np.uint8))
    data = with_orientation(noise, turn, "PNG")
    expected = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert np.array_equal(decode(data, max_pixels=1_000_000).pixels, np.asarray(expected))


def test_a_heic_that_says_twice_how_it_is_turned_is_turned_once() -> None:
    # As phones write it: `irot` in the container and the same in EXIF.
    data = with_orientation(stored(96, 64), 6, "HEIF")
    container = pillow_heif.open_heif(data)
    assert b"irot" in data
    assert container.info["exif"]
    assert corners(decode(data, max_pixels=1_000_000)) == SEEN[6]


@pytest.mark.parametrize("turn", [0, 9, 65_535])
def test_an_orientation_that_does_not_exist_turns_nothing(turn: int) -> None:
    assert corners(decode(with_orientation(stored(96, 64), turn, "JPEG"), max_pixels=1_000_000)) == SEEN[1]
