"""A small file that would cost a lot is refused for what it claims, before anything believes it."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from kanta_core.errors import BrokenImage, ImageRefused, TooManyPixels
from kanta_core.vision.decode import check, decode
from kanta_core.vision.isomedia import coded_pixels

pillow_heif.register_heif_opener()

MAX_PIXELS = 1_000_000


def saved(kind: str, size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "olive").save(out, kind, **options)
    return out.getvalue()


def refused(data: bytes, reason: type[ImageRefused], *, traced: bool = True) -> str:
    """Why `decode` and `check` refuse it, both at once and for the same reason."""
    messages = set()
    for read in (check, decode):
        if traced:
            # Makes what Python does ten times slower.
            tracemalloc.start()
        started = time.perf_counter()
        with pytest.raises(reason) as refusal:
            read(data, max_pixels=MAX_PIXELS)
        assert time.perf_counter() - started < 2
        if traced:
            assert tracemalloc.get_traced_memory()[1] < 20_000_000 + 4 * len(data)
            tracemalloc.stop()
        messages.add(refusal.value.message)
    assert len(messages) == 1
    return messages.pop()


def directory(*tags: tuple[int, int, int, int]) -> bytes:
    """A TIFF's header and a directory of number, type, count and value or offset."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0"


def png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "HEIF", "AVIF"])
def test_more_pixels_than_allowed_are_refused_in_every_format(kind: str) -> None:
    assert check(saved(kind, (1_000, 1_000)), max_pixels=MAX_PIXELS)
    message = refused(saved(kind, (1_001, 1_000)), TooManyPixels)
    assert message == "The photo has 1001 × 1000 pixels; Kanta takes 1 megapixels."


def test_a_gif_counts_by_its_canvas_and_by_a_frame_beyond_it() -> None:
    data = bytearray(saved("GIF"))
    data[6:10] = struct.pack("<HH", 60_000, 60_000)
    refused(bytes(data), TooManyPixels)
    data = bytearray(saved("GIF"))
    at = data.index(b"\x2c")
    data[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    refused(bytes(data), TooManyPixels)


def test_a_webp_film_counts_by_its_canvas() -> None:
    frame = Image.new("RGB", (64, 48), "navy")
    data = bytearray(saved("WEBP", save_all=True, append_images=[frame]))
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = b"\xff\xff\xff" * 2
    refused(bytes(data), TooManyPixels)


def test_an_avif_counts_by_the_size_it_is_coded_in() -> None:
    # The container says 64 × 64; libavif would decode it all and scale that down.
    data = bytearray(saved("AVIF", (2_000, 1_500), speed=10))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 64, 64)
    assert coded_pixels(bytes(data)) == 3_000_000
    refused(bytes(data), BrokenImage)


def test_a_heic_counts_by_the_size_it_is_coded_in() -> None:
    data = bytearray(saved("HEIF", (2_000, 1_500), quality=10))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", 64, 64)
    refused(bytes(data), BrokenImage)


def test_the_size_of_an_avif_is_read_as_it_is_coded() -> None:
    for size in ((1, 1), (64, 48), (333, 77)):
        for options in ({"speed": 10}, {"speed": 6, "quality": 100, "subsampling": "4:4:4"}):
            assert coded_pixels(saved("AVIF", size, **options)) == size[0] * size[1]


def test_a_jpeg_of_endless_scans_is_refused() -> None:
    data = saved("JPEG", (960, 960), progressive=True)
    at = data.rindex(b"\xff\xda")
    last = data[at:-2]
    assert check(data[:-2] + last * 20 + data[-2:], max_pixels=MAX_PIXELS)
    assert "claims far more" in refused(data[:-2] + last * 5_000 + data[-2:], BrokenImage)


def test_scans_of_other_pictures_in_a_jpeg_do_not_count() -> None:
    data = saved("JPEG", (960, 960), progressive=True)
    assert check(data + data * 500, max_pixels=MAX_PIXELS)


def jpeg_with(marker: int, *contents: bytes) -> bytes:
    data = saved("JPEG")
    # Without JFIF's resolution Pillow looks for one in EXIF.
    start = 4 + int.from_bytes(data[4:6], "big")
    segments = b"".join(
        bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content for content in contents
    )
    return data[:2] + segments + data[start:]


def test_tags_that_claim_the_same_bytes_over_and_over_are_refused() -> None:
    claims = directory(*((0x8000 + number, 7, 60_000, 8) for number in range(4_900)))
    assert "claims far more" in refused(jpeg_with(0xE1, b"Exif\0\0" + claims.ljust(60_000)), BrokenImage)
    refused(jpeg_with(0xE2, b"MPF\0" + claims.ljust(60_000)), BrokenImage)
    refused(claims.ljust(60_000), BrokenImage)
    assert check(jpeg_with(0xE1, b"Exif\0\0" + directory((0x0112, 3, 1, 6))), max_pixels=MAX_PIXELS)


def test_so_are_directories_inside_of_directories() -> None:
    claims = ((0x8000 + number, 7, 60_000, 8) for number in range(4_900))
    inner = directory(*claims)[8:]
    outer = directory((0x8769, 4, 1, 26))
    refused(jpeg_with(0xE1, b"Exif\0\0" + (outer + inner).ljust(60_000)), BrokenImage)


def gif_with(*extensions: bytes) -> bytes:
    data = saved("GIF")
    at = 13 + (3 << (data[10] & 7) + 1)
    return data[:at] + b"".join(extensions) + data[at:]


def test_a_photo_in_a_hundred_thousand_parts_is_refused() -> None:
    jpeg, png = saved("JPEG"), saved("PNG")
    refused(jpeg[:2] + b"\xff\xe5\0\2" * 100_001 + jpeg[2:], BrokenImage, traced=False)
    refused(png[:33] + png_chunk(b"teSt", b"") * 100_001 + png[33:], BrokenImage, traced=False)
    for extension in (b"\x21\xfe", b"\x21\xff"):
        refused(gif_with(extension + b"\1a" * 100_001 + b"\0"), BrokenImage, traced=False)
        refused(gif_with((extension + b"\1a\0") * 100_001), BrokenImage, traced=False)
    refused(gif_with(b"\x21\xfe" + (b"\xff" + b"a" * 255) * 5_000 + b"\0"), BrokenImage, traced=False)


def test_a_photo_in_thousands_of_parts_is_read() -> None:
    jpeg, png = saved("JPEG"), saved("PNG")
    assert check(jpeg[:2] + b"\xff\xe5\0\2" * 2_000 + jpeg[2:], max_pixels=MAX_PIXELS)
    assert check(png[:33] + png_chunk(b"teSt", b"") * 20_000 + png[33:], max_pixels=MAX_PIXELS)
    assert check(gif_with(b"\x21\xff\x0bXMP DataXMP" + b"\x40" * 65 * 9_000 + b"\0"), max_pixels=MAX_PIXELS)


def test_exif_in_a_thousand_pieces_is_refused() -> None:
    pieces = [b"Exif\0\0" + bytes(65_000)] * 1_000
    assert check(jpeg_with(0xE1, *pieces[:50]), max_pixels=MAX_PIXELS)
    refused(jpeg_with(0xE1, *pieces), BrokenImage)


def test_a_tiff_of_a_billion_strips_or_of_one_enormous_tile_is_refused() -> None:
    plain = ((256, 3, 1, 64), (257, 3, 1, 48), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1))
    refused(directory(*plain, (273, 4, 1_000_000_000, 8), (279, 4, 1_000_000_000, 8)), BrokenImage)
    tiles = ((322, 4, 1, 1 << 16), (323, 4, 1, 1 << 16), (324, 4, 1, 8), (325, 4, 1, 100))
    assert "claims far more" in refused(directory(*plain, *tiles).ljust(500), BrokenImage)


def test_text_and_profiles_that_unpack_to_a_hundred_megabytes_are_not_kept() -> None:
    data = saved("PNG")
    packed = zlib.compress(bytes(100_000_000))
    for name, head in ((b"zTXt", b"Comment\0\0"), (b"iCCP", b"profile\0\0"), (b"iTXt", b"XML\0\1\0\0\0")):
        started = time.perf_counter()
        bomb = data[:33] + png_chunk(name, head + packed) + data[33:]
        tracemalloc.start()
        with pytest.raises(BrokenImage):
            decode(bomb, max_pixels=MAX_PIXELS)
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
        tracemalloc.stop()
        assert time.perf_counter() - started < 2


def test_a_photo_with_megabytes_of_an_editors_history_is_read() -> None:
    content = b"XML:com.adobe.xmp\0\0" + zlib.compress(b"x" * 3_000_000)
    data = saved("PNG")
    data = data[:33] + png_chunk(b"zTXt", content) + data[33:]
    assert np.all(decode(data, max_pixels=MAX_PIXELS).pixels[0, 0] == (128, 128, 0))


def test_a_webp_of_millions_of_chunks_is_not_counted_to_its_end() -> None:
    data = saved("WEBP") + b"JUNK\0\0\0\0" * 2_000_000
    data = data[:4] + struct.pack("<I", len(data) - 8) + data[8:]
    started = time.perf_counter()
    check(data, max_pixels=MAX_PIXELS)
    assert time.perf_counter() - started < 1
