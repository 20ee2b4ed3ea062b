"""When a photo was taken, by its camera's clock; nonsense is no time and never an error."""

from __future__ import annotations

import io
import struct
from datetime import UTC, datetime

import pillow_heif
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from kanta_core.vision.decode import decode
from kanta_core.vision.metadata import Metadata, read_metadata

pillow_heif.register_heif_opener()

CHANGED, TAKEN, DIGITISED = 0x0132, 0x9003, 0x9004
FRACTION_CHANGED, FRACTION_TAKEN = 0x9290, 0x9291
EXIF_DIRECTORY = 0x8769


def photo(kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "olive").save(out, kind, **options)
    return out.getvalue()


def exif(changed: object = None, **inside: object) -> Image.Exif:
    block = Image.Exif()
    if changed is not None:
        block[CHANGED] = changed
    names = {
        "taken": TAKEN,
        "digitised": DIGITISED,
        "fraction": FRACTION_TAKEN,
        "fraction_changed": FRACTION_CHANGED,
    }
    block.get_ifd(EXIF_DIRECTORY).update({names[name]: value for name, value in inside.items()})
    return block


def moment(*numbers: int) -> datetime:
    """What a clock in no known zone shows."""
    return datetime(*numbers, tzinfo=UTC).replace(tzinfo=None)  # type: ignore[misc,arg-type]  # never so many numbers


def taken_at(data: bytes) -> datetime | None:
    return decode(data, max_pixels=1_000_000).taken_at


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"])
def test_every_format_says_when_it_was_taken(kind: str) -> None:
    block = exif("2026:06:14 20:00:00", taken="2026:06:13 18:31:07", fraction="25")
    options: dict[str, object] = {"exif": block}
    if kind == "TIFF":
        tags = ImageFileDirectory_v2()
        tags[EXIF_DIRECTORY] = dict(block.get_ifd(EXIF_DIRECTORY))
        options = {"tiffinfo": tags}
    assert taken_at(photo(kind, **options)) == moment(2026, 6, 13, 18, 31, 7, 250_000)


def test_a_png_from_before_there_was_a_chunk_for_it_says_it_too() -> None:
    block = exif("2026:06:14 20:00:00").tobytes()
    heading, text = f"\nexif\n{len(block):8}\n", block.hex()
    for profile, expected in ((heading + text, moment(2026, 6, 14, 20, 0, 0)), (heading + text[1:] + "!", None)):
        notes = PngInfo()
        notes.add_text("Raw profile type exif", profile, zip=True)
        assert taken_at(photo("PNG", pnginfo=notes)) == expected


def test_the_shutter_counts_before_the_scanner_before_the_editor() -> None:
    editor, scanner, shutter = "2026:03:03 03:03:03", "2026:02:02 02:02:02", "2026:01:01 01:01:01"
    assert taken_at(photo(exif=exif(editor, digitised=scanner, taken=shutter))) == moment(2026, 1, 1, 1, 1, 1)
    assert taken_at(photo(exif=exif(editor, digitised=scanner))) == moment(2026, 2, 2, 2, 2, 2)
    assert taken_at(photo(exif=exif(editor, fraction_changed="5"))) == moment(2026, 3, 3, 3, 3, 3, 500_000)
    assert taken_at(photo(exif=exif(editor, taken="0000:00:00 00:00:00"))) == moment(2026, 3, 3, 3, 3, 3)
    assert taken_at(photo()) is None


@pytest.mark.parametrize(
    "nonsense",
    [
        "0000:00:00 00:00:00",
        "2026:02:30 10:00:00",
        "2026:13:01 10:00:00",
        "2026:01:01 24:61:00",
        "0001:01:01 00:00:00",
        "    :  :     :  :  ",
        "yesterday",
        "",
        "\0" * 19,
        "٢٠٢٦:٠١:٠١ ١٠:٠٠:٠٠",
        b"\xff\xfe\x00" * 7,
        "2026:01:01 10:00:00" * 40_00,
        20_260_101,
        (2026, 1, 1),
    ],
)
def test_nonsense_is_no_time(nonsense: object) -> None:
    block = exif(taken=nonsense) if not isinstance(nonsense, str) or nonsense.isascii() else exif()
    if isinstance(nonsense, str) and not nonsense.isascii():
        block.get_ifd(EXIF_DIRECTORY)[TAKEN] = nonsense.encode()
    assert taken_at(photo("PNG", exif=block)) is None


def test_what_follows_a_nul_and_what_is_no_number_is_left_out() -> None:
    assert taken_at(photo(exif=exif(taken="2026:01:02 03:04:05\0junk", fraction="n/a"))) == moment(
        2026, 1, 2, 3, 4, 5
    )
    assert taken_at(photo(exif=exif(taken="2026:01:02 03:04:05", fraction="1234567"))) == moment(
        2026, 1, 2, 3, 4, 5, 123_456
    )


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("cut", range(0, 60, 7))
def test_a_damaged_block_says_nothing(order: str, cut: int) -> None:
    start = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(order + "HHHII", 2, 0x0112, 3, 1, 6 if order == "<" else 6 << 16)
    entries += struct.pack(order + "HHII", EXIF_DIRECTORY, 4, 1, 8)
    block = start + struct.pack(order + "I", 8) + entries
    assert read_metadata(block).orientation == 6
    assert read_metadata(block[:cut]).taken_at is None
    assert read_metadata(b"Exif\0\0" + block) == Metadata(orientation=6)
    loops = start + struct.pack(order + "I", 0xFFFFFFFF)
    assert read_metadata(loops) == Metadata()
