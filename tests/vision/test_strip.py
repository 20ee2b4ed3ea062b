"""A photo that was stripped shows the same picture and says nothing else."""

from __future__ import annotations

import contextlib
import io
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from bench.mutations import damaged, whole_photos
from kanta_core.errors import BrokenImage, EmptyImage, ImageRefused, UnsupportedImage
from kanta_core.vision import webp
from kanta_core.vision.decode import decode
from kanta_core.vision.formats import JPEG, PNG, WEBP
from kanta_core.vision.strip import strip

pillow_heif.register_heif_opener()

PIXELS = 100_000_000
SECRET = b"sEcReT"
# As some blocks write their texts.
WIDE = SECRET.decode().encode("utf-16-be")
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
MAKE, ORIENTATION, DESCRIPTION, EXIF_DIRECTORY, GPS_DIRECTORY = 0x010F, 0x0112, 0x010E, 0x8769, 0x8825


def picture() -> Image.Image:
    y, x = np.mgrid[0:48, 0:80]
    return Image.fromarray(np.stack([x * 3, y * 5, (x + y) * 2], -1).clip(0, 255).astype(np.uint8))


def exif(turn: int = 6) -> bytes:
    """Camera, place, lens, the maker's own notes, and which way is up."""
    block = Image.Exif()
    block[MAKE] = block[DESCRIPTION] = SECRET.decode()
    block[ORIENTATION] = turn
    block.get_ifd(EXIF_DIRECTORY).update({0x927C: b"notes " + SECRET, 0xA434: SECRET.decode(), 0x9286: SECRET})
    block.get_ifd(GPS_DIRECTORY).update({1: "N", 2: (48.0, 51.0, 30.0), 29: SECRET.decode()})
    return block.tobytes()


def named_profile() -> bytes:
    """sRGB under a name of its owner's."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    name = "sRGB built-in".encode("utf-16-be")
    assert name in profile
    return profile.replace(name, (WIDE + WIDE)[: len(name) // 2 * 2].ljust(len(name), b"\0")[: len(name)])


def saved(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture().save(out, kind, **options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def jpeg(**options: object) -> bytes:
    """A phone's: EXIF, XMP, IPTC, comments, thumbnails, an unknown segment, and a film behind the picture."""
    data = saved("JPEG", quality=90, exif=exif(), icc_profile=named_profile(), comment=SECRET, xmp=XMP, **options)
    assert data[2:4] == b"\xff\xe0"
    jfif = segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\2\1" + SECRET)
    more = [
        segment(0xE0, b"JFXX\0\x10" + SECRET),
        segment(0xED, b"Photoshop 3.0\08BIM\4\4\0\0\0\0\0\x0e\x1c\2\x50\0\6" + SECRET),
        segment(0xE2, b"MPF\0" + SECRET),
        segment(0xEB, SECRET),
        segment(0xEE, SECRET),
    ]
    thumbnail = segment(0xE1, b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0\xff\xd8\xff" + SECRET)
    return data[:2] + jfif + b"".join(more) + data[20:] + saved("JPEG", comment=SECRET) + SECRET + thumbnail


def between_scans() -> bytes:
    """A progressive one that goes on telling after its pixels have begun."""
    data = jpeg(progressive=True)
    at = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    return data[:at] + segment(0xE1, b"Exif\0\0" + SECRET) + segment(0xFE, SECRET) + data[at:]


def chunk(name: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")


def png() -> bytes:
    notes = PngInfo()
    notes.add_text("Author", SECRET.decode())
    notes.add_itxt("XML:com.adobe.xmp", XMP.decode())
    notes.add(b"tIME", SECRET + b"!")
    notes.add(b"prVt", SECRET, after_idat=True)
    data = saved("PNG", exif=exif(), icc_profile=named_profile(), pnginfo=notes)
    profile = SECRET + b"\0\0" + zlib.compress(named_profile(), 0)
    at = data.index(b"iCCP") - 4
    end = at + 12 + int.from_bytes(data[at : at + 4], "big")
    return data[:at] + chunk(b"iCCP", profile) + data[end:] + SECRET


def webp_file() -> bytes:
    data = saved("WEBP", exif=exif(), icc_profile=named_profile(), xmp=XMP, lossless=True)
    data += b"prVt\6\0\0\0" + SECRET
    return b"RIFF" + (len(data) - 8).to_bytes(4, "little") + data[8:] + SECRET


def tiff() -> bytes:
    tags = ImageFileDirectory_v2()
    tags[MAKE], tags[ORIENTATION], tags[700], tags[33723] = SECRET.decode(), 6, XMP, SECRET
    return saved("TIFF", tiffinfo=tags, icc_profile=named_profile())


def gif() -> bytes:
    return saved("GIF", comment=SECRET) + SECRET


def heic() -> bytes:
    return saved("HEIF", exif=exif(), xmp=XMP, icc_profile=named_profile(), quality=90)


def avif() -> bytes:
    return saved("AVIF", exif=exif(), xmp=XMP, icc_profile=named_profile(), speed=10)


TELLING: dict[str, Callable[[], bytes]] = {
    "jpeg": jpeg,
    "jpeg progressive": between_scans,
    "png": png,
    "webp": webp_file,
    "tiff": tiff,
    "gif": gif,
    "heic": heic,
    "avif": avif,
}
COPIED = {"jpeg": JPEG, "jpeg progressive": JPEG, "png": PNG, "webp": WEBP}


@pytest.mark.parametrize("kind", TELLING)
def test_nothing_is_told_of_camera_place_owner_or_film(kind: str) -> None:
    data = TELLING[kind]()
    assert SECRET in data
    stripped = strip(data, max_pixels=PIXELS)
    assert stripped.format is COPIED.get(kind, JPEG)
    for text in (SECRET, WIDE[:-2], b"MPF\0", b"xmp", b"Photoshop"):
        assert text not in stripped.data, text
    again = Image.open(io.BytesIO(stripped.data))
    again.load()
    assert set(again.getexif()) <= {ORIENTATION}
    assert not set(again.info) & {"xmp", "comment", "photoshop", "mp", "Author", "XML:com.adobe.xmp"}
    assert decode(stripped.data, max_pixels=PIXELS).taken_at is None


@pytest.mark.parametrize("kind", TELLING)
def test_it_looks_the_same(kind: str) -> None:
    data = TELLING[kind]()
    before, after = (
        decode(each, max_pixels=PIXELS).pixels for each in (data, strip(data, max_pixels=PIXELS).data)
    )
    assert before.shape == after.shape
    if kind in COPIED:
        assert np.array_equal(before, after)
    else:
        # A GIF's dots are what JPEG is worst at.
        assert abs(before.astype(int) - after).mean() < (4 if kind == "gif" else 2)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_whoever_turned_it_before_turns_it_the_same(kind: str, turn: int) -> None:
    data = saved(kind, exif=exif(turn))
    stripped = strip(data, max_pixels=PIXELS)
    assert Image.open(io.BytesIO(stripped.data)).getexif().get(ORIENTATION, 1) == turn
    assert (b"MM\0*" in stripped.data) == (turn != 1)
    before, after = (decode(each, max_pixels=PIXELS).pixels for each in (data, stripped.data))
    assert np.array_equal(before, after)


def test_a_png_turned_by_an_old_program_stays_turned() -> None:
    block, notes = exif(8), PngInfo()
    notes.add_text("Raw profile type exif", f"\nexif\n{len(block):8}\n{block.hex()}", zip=True)
    stripped = strip(saved("PNG", pnginfo=notes), max_pixels=PIXELS)
    assert Image.open(io.BytesIO(stripped.data)).getexif()[ORIENTATION] == 8


@pytest.mark.parametrize("kind", [kind for kind in TELLING if kind != "gif"])
def test_its_colours_are_the_same_without_the_name_of_a_screen(kind: str) -> None:
    data = TELLING[kind]()
    profile = Image.open(io.BytesIO(strip(data, max_pixels=PIXELS).data)).info["icc_profile"]
    assert SECRET not in profile
    assert WIDE[:-2] not in profile
    kept, former = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (profile, named_profile()))
    assert ImageCms.getProfileName(kept).strip() == "Kanta"
    lab = ImageCms.createProfile("LAB")
    seen, seen_before = (
        np.asarray(ImageCms.profileToProfile(picture(), each, lab, outputMode="LAB")) for each in (kept, former)
    )
    assert np.array_equal(seen, seen_before)


def test_a_profile_of_another_version_keeps_its_colours_too() -> None:
    profile = bytearray(named_profile())
    profile[8] = 2
    stripped = strip(saved("JPEG", icc_profile=bytes(profile)), max_pixels=PIXELS)
    kept = Image.open(io.BytesIO(stripped.data)).info["icc_profile"]
    assert ImageCms.getProfileName(ImageCms.ImageCmsProfile(io.BytesIO(kept))).strip() == "Kanta"


@pytest.mark.parametrize(
    "profile", [b"", b"profile" * 50, named_profile()[:200], bytes(36) + b"acsp" + b"\xff" * 99]
)
def test_what_is_no_profile_is_dropped(profile: bytes) -> None:
    for kind in ("JPEG", "PNG", "WEBP"):
        stripped = strip(saved(kind, icc_profile=profile), max_pixels=PIXELS)
        assert "icc_profile" not in Image.open(io.BytesIO(stripped.data)).info


@pytest.mark.parametrize(
    "name", [name for name, _ in whole_photos() if name.split()[0] in {"jpeg", "mpo", "png", "webp"}]
)
def test_every_way_of_coding_pixels_is_copied_as_it_is(name: str) -> None:
    data = dict(whole_photos())[name]
    stripped = strip(data, max_pixels=PIXELS)
    before, after = (decode(each, max_pixels=PIXELS).pixels for each in (data, stripped.data))
    assert name == "webp film" or np.array_equal(before, after)
    assert strip(stripped.data, max_pixels=PIXELS) == stripped


def test_a_transparent_webp_stays_transparent() -> None:
    layered = picture()
    layered.putalpha(picture().convert("L"))
    out = io.BytesIO()
    layered.save(out, "WEBP", exif=exif())
    stripped = strip(out.getvalue(), max_pixels=PIXELS)
    assert webp.parse(stripped.data).has_alpha
    before, after = (np.asarray(Image.open(io.BytesIO(each))) for each in (out.getvalue(), stripped.data))
    assert np.array_equal(before, after)


def test_a_jpeg_that_does_not_say_where_it_ends_is_written_anew() -> None:
    data = saved("JPEG")
    assert data.endswith(b"\xff\xd9")
    endless = data[:-2] + SECRET * 100
    stripped = strip(endless, max_pixels=PIXELS)
    assert SECRET not in stripped.data
    assert decode(stripped.data, max_pixels=PIXELS).pixels.shape == decode(endless, max_pixels=PIXELS).pixels.shape


def test_a_large_photo_keeps_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanta_core.vision.decode._WORKING_PIXELS", 1_000)
    assert decode(gif(), max_pixels=PIXELS).scale > 1
    assert Image.open(io.BytesIO(strip(gif(), max_pixels=PIXELS).data)).size == picture().size


def test_what_is_no_photo_is_refused() -> None:
    for data, refusal in (
        (b"", EmptyImage),
        (b"<html>", UnsupportedImage),
        (b"\xff\xd8\xff\xd9", BrokenImage),
        (b"\x89PNG\r\n\x1a\n", BrokenImage),
        (b"RIFF\4\0\0\0WEBP", BrokenImage),
        (saved("JPEG")[:200], BrokenImage),
        (saved("PNG")[:-60], BrokenImage),
    ):
        with pytest.raises(refusal):
            strip(data, max_pixels=PIXELS)


def test_more_pixels_than_are_taken_are_not_decoded() -> None:
    with pytest.raises(ImageRefused, match="megapixels"):
        strip(heic(), max_pixels=1_000)


def test_only_what_has_to_be_decoded_waits_for_its_turn() -> None:
    turns: list[str] = []

    @contextlib.contextmanager
    def turn() -> Iterator[None]:
        turns.append("waited")
        yield

    for telling in TELLING.values():
        strip(telling(), max_pixels=PIXELS, turn=turn)
    assert len(turns) == len(TELLING) - len(COPIED)


def test_damaged_photos_are_stripped_or_refused() -> None:
    outcomes: Counter[str] = Counter()
    for number in range(500):
        try:
            outcomes[strip(damaged(number)[1], max_pixels=1_000_000).format.extension] += 1
        except ImageRefused as refusal:
            outcomes[refusal.slug] += 1
    assert outcomes["jpg"] > 50
    assert outcomes["image-broken"] > 50
    assert min(outcomes["png"], outcomes["webp"]) > 5


def test_five_megabytes_take_a_moment(record_property: Callable[[str, object], None]) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (2000, 3000, 3), dtype=np.uint8))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=87, exif=exif())
    data = out.getvalue()
    assert len(data) > 4_500_000

    def seconds() -> float:
        started = time.thread_time()
        strip(data, max_pixels=PIXELS)
        return time.thread_time() - started

    taken = min(seconds() for _ in range(5))
    record_property("figure", f"stripping a JPEG of {len(data) / 1e6:.1f} MB: {taken * 1e3:.1f} ms")
    assert taken < 0.02
