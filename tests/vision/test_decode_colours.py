"""However a photo stores its colours, it looks the same."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from numpy.typing import NDArray
from PIL import Image

from kanta_core.errors import UnsupportedImage
from kanta_core.vision.decode import check, decode

pillow_heif.register_heif_opener()

# The first column, row and offset step of PNG's seven passes, and how far apart their pixels lie.
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    y, x = np.mgrid[0:120, 0:160]
    waves = np.stack([np.sin(x / 29), np.cos(y / 23), np.sin((x + y) / 41)], -1)
    return Image.fromarray((waves * 110 + 125).astype(np.uint8))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def seen(data: bytes) -> NDArray[np.uint8]:
    check(data, max_pixels=1_000_000)
    return decode(data, max_pixels=1_000_000).pixels


def looks_like(data: bytes, expected: Image.Image, *, within: float) -> bool:
    return float(np.abs(seen(data).astype(float) - np.asarray(expected.convert("RGB"), float)).mean()) < within


def png(rows: list[bytes], width: int, height: int, depth: int, colour: int, *, interlaced: bool = False) -> bytes:
    """A PNG of raw rows; Pillow writes neither interlaced nor 16-bit colour ones."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    body = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def test_an_interlaced_png(picture: Image.Image) -> None:
    pixels = np.asarray(picture)
    rows = [
        row.tobytes() for left, top, right, down in ADAM7 for row in pixels[top::down, left::right] if row.size
    ]
    assert np.array_equal(seen(png(rows, 160, 120, 8, 2, interlaced=True)), pixels)


@pytest.mark.parametrize(("colour", "mode"), [(0, "L"), (2, "RGB"), (4, "LA"), (6, "RGBA")])
def test_a_png_of_16_bits(picture: Image.Image, colour: int, mode: str) -> None:
    shown = picture.convert(mode)
    deep = np.asarray(shown).reshape(120, 160, -1).astype(">u2") * 257
    rows = [row.astype(">u2").tobytes() for row in deep]
    assert looks_like(png(rows, 160, 120, 16, colour), shown, within=1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "F"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate"])
def test_a_tiff(picture: Image.Image, mode: str, compression: str | None) -> None:
    if mode in {"I;16", "F"}:
        grey = np.asarray(picture.convert("L"))
        stored = Image.fromarray(grey.astype(np.uint16) * 257 if mode == "I;16" else grey.astype(np.float32) / 255)
        levels = (grey - float(grey.min())) * 255 / (int(grey.max()) - int(grey.min())) if mode == "F" else grey
        expected = Image.fromarray(levels.astype(np.uint8))
    else:
        stored = expected = picture.convert(mode)
    assert looks_like(saved(stored, "TIFF", compression=compression), expected, within=1.5)


def test_a_tiff_with_a_jpeg_in_it_and_one_of_several_pages(picture: Image.Image) -> None:
    assert looks_like(saved(picture, "TIFF", compression="jpeg", quality=95), picture, within=4)
    black = Image.new("RGB", picture.size)
    assert looks_like(saved(picture, "TIFF", save_all=True, append_images=[black]), picture, within=1)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_a_jpeg(picture: Image.Image, mode: str, *, progressive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = picture.convert(mode)
    data = saved(stored, "JPEG", quality=95, progressive=progressive)
    assert looks_like(data, stored, within=4)
    monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", 80 * 60)
    assert looks_like(data, stored.convert("RGB").reduce(2), within=4)


def test_a_cmyk_jpeg_is_no_negative(picture: Image.Image) -> None:
    inverted = saved(picture.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in inverted
    assert looks_like(inverted, picture, within=4)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("WEBP", {"lossless": True}),
        ("WEBP", {"lossless": True, "exact": True}),
        ("PNG", {}),
        ("TIFF", {}),
        ("HEIF", {"quality": -1, "chroma": 444, "matrix_coefficients": 0}),
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
    ],
)
@pytest.mark.parametrize("shrunk", [1, 2])
def test_transparency_is_seen_on_white(
    kind: str, options: dict[str, object], shrunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", 128 * 128 / shrunk**2)
    glass = np.zeros((128, 128, 4), np.uint8)
    glass[:, :64] = (255, 0, 0, 0)
    glass[:, 64:] = (0, 0, 255, 128)
    pixels = seen(saved(Image.fromarray(glass), kind, **options)).astype(int)
    side = 128 // shrunk
    assert abs(pixels[:, : side // 2 - 4] - 255).max() <= 6
    assert abs(pixels[:, side // 2 + 4 :] - (127, 127, 255)).max() <= 6


def test_a_palettes_transparency_is_seen_on_white() -> None:
    flat = Image.new("P", (8, 8), 3)
    flat.putpalette([10, 20, 30] * 256)
    for kind in ("GIF", "PNG"):
        assert seen(saved(flat, kind, transparency=3)).min() == 255
        assert seen(saved(flat, kind)).max() == 30


def test_of_a_webp_film_the_first_frame_counts_where_it_lies() -> None:
    red, blue = Image.new("RGBA", (64, 48)), Image.new("RGBA", (64, 48), (0, 0, 255, 255))
    red.paste((255, 0, 0, 255), (20, 10, 40, 30))
    pixels = seen(saved(red, "WEBP", save_all=True, append_images=[blue], lossless=True, minimize_size=True))
    assert pixels.shape == (48, 64, 3)
    assert pixels[20, 30].tolist() == [255, 0, 0]
    assert pixels[5, 5].tolist() == [255, 255, 255]


def test_of_a_gif_film_the_first_frame_counts(picture: Image.Image) -> None:
    first = picture.convert("P", palette=Image.Palette.ADAPTIVE)
    film = saved(first, "GIF", save_all=True, append_images=[Image.new("P", first.size)])
    assert looks_like(film, first, within=1)


def test_a_heic_of_tiles(picture: Image.Image) -> None:
    data = saved(picture, "HEIF", tile_size=64, quality=90)
    assert b"grid" in data
    assert looks_like(data, picture, within=4)


def test_a_heic_of_10_bits() -> None:
    ramp = np.tile(np.linspace(0, 65_535, 128).astype(np.uint16)[None, :, None], (96, 1, 3))
    out = io.BytesIO()
    pillow_heif.from_bytes("RGB;16", (128, 96), ramp.tobytes()).save(out, quality=90)
    assert pillow_heif.open_heif(out.getvalue()).info["bit_depth"] == 10
    assert looks_like(out.getvalue(), Image.fromarray((ramp // 257).astype(np.uint8)), within=1)


def test_a_grey_photo_of_every_format(picture: Image.Image) -> None:
    grey = picture.convert("L")
    for kind in ("JPEG", "PNG", "WEBP", "HEIF", "AVIF", "TIFF", "GIF"):
        assert looks_like(saved(grey, kind), grey, within=4), kind


def test_colours_of_no_screen_are_refused_by_their_name(picture: Image.Image) -> None:
    lab = Image.frombytes("LAB", (2, 2), bytes(12))
    for read in (check, decode):
        with pytest.raises(UnsupportedImage, match="LAB"):
            read(saved(lab, "TIFF"), max_pixels=1_000_000)
