"""Every photo people have decodes to the same picture; everything else is refused with one kind of error."""

from __future__ import annotations

import contextlib
import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from kanta_core.errors import BrokenImage, EmptyImage, ImageRefused, TooManyPixels, UnsupportedImage
from kanta_core.vision.decode import check, decode
from kanta_core.vision.formats import content_type, identify

pillow_heif.register_heif_opener()
MAX_PIXELS = 64_000_000


@pytest.fixture(scope="module")
def picture(sample_photos: Path) -> Image.Image:
    with Image.open(sample_photos / "obama.jpg") as photo:
        return photo.convert("RGB").resize((240, 300))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def difference(data: bytes, picture: Image.Image) -> float:
    pixels = decode(data, max_pixels=MAX_PIXELS).pixels
    assert pixels.dtype == np.uint8
    assert pixels.shape == (picture.height, picture.width, 3)
    return float(np.abs(pixels.astype(float) - np.asarray(picture, float)).mean())


@pytest.mark.parametrize(
    ("kind", "options", "extension"),
    [
        ("JPEG", {"quality": 95}, "jpg"),
        ("JPEG", {"quality": 95, "progressive": True}, "jpg"),
        ("MPO", {"quality": 95}, "jpg"),
        ("PNG", {}, "png"),
        ("WEBP", {"quality": 95}, "webp"),
        ("TIFF", {}, "tiff"),
        ("HEIF", {"quality": 95}, "heic"),
        ("AVIF", {"quality": 95}, "avif"),
    ],
)
def test_a_photo_looks_the_same_in_every_format(
    picture: Image.Image, kind: str, options: dict[str, object], extension: str
) -> None:
    data = saved(picture, kind, **options)
    assert identify(data).extension == extension
    assert check(data, max_pixels=MAX_PIXELS).extension == extension
    assert difference(data, picture) < 4


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1", "I;16"])
def test_every_way_of_storing_colours_becomes_rgb(picture: Image.Image, mode: str) -> None:
    grey = picture.convert("L")
    if mode == "I;16":
        stored = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        data, expected = saved(stored, "PNG"), grey.convert("RGB")
    elif mode == "CMYK":
        data, expected = saved(picture.convert("CMYK"), "JPEG", quality=95), picture
    else:
        stored = picture.convert(mode)
        data, expected = saved(stored, "PNG"), stored.convert("RGB")
    assert difference(data, expected) < 4


def test_transparency_is_seen_on_white() -> None:
    invisible = Image.new("RGBA", (4, 4), (255, 0, 0, 0))
    assert decode(saved(invisible, "PNG"), max_pixels=MAX_PIXELS).pixels.min() == 255


def test_of_a_moving_picture_the_first_frame_counts(picture: Image.Image) -> None:
    black = Image.new("RGB", picture.size)
    data = saved(picture, "WEBP", save_all=True, append_images=[black], quality=95)
    assert difference(data, picture) < 6


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_photo_is_turned_the_way_its_exif_says(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = Image.new("RGB", (30, 20))
    pixels = decode(saved(stored, "JPEG", exif=exif), max_pixels=MAX_PIXELS)
    assert (pixels.width, pixels.height) == ((30, 20) if turn < 5 else (20, 30))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "GIF"])
def test_a_photo_that_was_cut_off_is_broken(picture: Image.Image, kind: str) -> None:
    whole = saved(picture, kind)
    for part in (0.5, 0.9):
        cut = whole[: int(len(whole) * part)]
        with pytest.raises(BrokenImage):
            decode(cut, max_pixels=MAX_PIXELS)
        with pytest.raises(BrokenImage):
            check(cut, max_pixels=MAX_PIXELS)


def test_a_decompression_bomb_is_refused_before_it_is_decoded() -> None:
    # 81 megapixels of one colour in a few bytes: the header alone must be enough to refuse it.
    header = struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    body = zlib.compress(b"")
    data = struct.pack(">I", len(body)) + b"IDAT" + body + struct.pack(">I", zlib.crc32(b"IDAT" + body))
    bomb = b"\x89PNG\r\n\x1a\n" + chunk + data
    for read in (check, decode):
        with pytest.raises(TooManyPixels, match="9000 × 9000"):
            read(bomb, max_pixels=MAX_PIXELS)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"%PDF-1.7 ",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
        b"BM" + b"\0" * 60,
        b"\xff\xd8",
    ],
)
def test_what_is_no_photo_format_of_ours_is_unsupported(data: bytes) -> None:
    with pytest.raises(UnsupportedImage):
        decode(data, max_pixels=MAX_PIXELS)


def test_no_bytes_are_an_empty_image() -> None:
    with pytest.raises(EmptyImage):
        check(b"", max_pixels=MAX_PIXELS)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "HEIF", "AVIF"])
def test_damaged_photos_are_read_or_refused_and_nothing_else(picture: Image.Image, kind: str) -> None:
    chance = random.Random(kind)
    whole = saved(picture.resize((64, 80)), kind)
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            outcomes.add(decode(bytes(damaged), max_pixels=MAX_PIXELS).pixels.shape[2])
        except ImageRefused:
            outcomes.add(None)
    # A PNG's checksums leave hardly a damage unseen; the others are often readable still.
    assert outcomes == ({None} if kind == "PNG" else {3, None})


def test_a_tiff_that_is_damaged_writes_nothing_to_the_log(
    picture: Image.Image, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = saved(picture.convert("1"), "TIFF", compression="group4")
    for at in range(300, len(whole), 97):
        damaged = whole[:at] + b"\x55\xaa" + whole[at + 2 :]
        with contextlib.suppress(ImageRefused):
            decode(damaged, max_pixels=MAX_PIXELS)
    assert capfd.readouterr() == ("", "")


def test_unknown_bytes_are_never_served_as_something_a_browser_runs() -> None:
    assert content_type(None) == content_type("html") == content_type("svg") == "application/octet-stream"
    assert content_type("jpg") == "image/jpeg"
