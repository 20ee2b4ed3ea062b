"""Photos dropped straight into storage, as azcopy, Storage Explorer and the SDKs do it."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import httpx
import numpy as np
import pytest
from azure.storage.blob import BlobBlock, ContentSettings
from PIL import Image

from kanta_core.vision.decode import decode
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="module")
def face(sample_photos: Path) -> Image.Image:
    """A small photo of one face; its variants are different bytes."""
    with Image.open(sample_photos / "obama.jpg") as photo:
        return photo.convert("RGB").resize((300, 375))


def jpeg(picture: Image.Image, comment: str) -> bytes:
    """The picture as a JPEG whose bytes differ by comment only."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90, comment=comment.encode())
    return out.getvalue()


ODD_NAMES = [
    "plain.jpg",
    "sub/folder/deeper/photo.jpg",
    "with spaces in it.jpg",
    "Ünïcødé — 写真 🎉.jpg",
    "100% sure.jpg",
    "%2e%2e%2fescaped.jpg",
    "question?.jpg",
    "hash#tag.jpg",
    "plus+and&and=.jpg",
    "quote'and\"double.jpg",
    "l" * 200 + ".jpg",
    "wrong.txt",
    "no-extension",
    ".hidden.jpg",
    "back\\slash.jpg",
]


def test_every_name_a_photo_can_have_is_taken_in(stack: Stack, code: str, face: Image.Image) -> None:
    with stack.photos as container:
        for name in ODD_NAMES:
            container.upload_blob(f"{code}/{name}", jpeg(face, name))
    rows = stack.wait_until_final(code, len(ODD_NAMES))
    expected = {name.replace("\\", "/") for name in ODD_NAMES}
    assert {row["name"].replace("\\", "/") for row in rows} == expected
    assert {(row["status"], row["faces"]) for row in rows} == {("encoded", 1)}
    for row in rows:
        answer = httpx.get(row["azure_blob_url"])
        assert answer.status_code == 200, row["name"]
        assert answer.headers["content-type"] == "image/jpeg"


def test_a_drop_waits_for_its_event_and_is_taken_in(stack: Stack, face: Image.Image) -> None:
    with stack.photos as container:
        container.upload_blob("Not-There-Yet/early.jpg", jpeg(face, "early"))
        container.upload_blob("no event here.jpg", jpeg(face, "nowhere"))
        container.upload_blob("!!/bad-code.jpg", jpeg(face, "bad"))

    def drops() -> dict[str, dict[str, object]] | None:
        found = {drop["blob_name"]: drop for drop in stack.get("/system/drops")["drops"]}
        return found if len(found) >= 3 else None

    waiting = stack.wait_for("three drops", drops)
    assert waiting["Not-There-Yet/early.jpg"]["event_code"] == "not-there-yet"
    assert waiting["Not-There-Yet/early.jpg"]["waiting"]
    assert not waiting["no event here.jpg"]["waiting"]
    assert not waiting["!!/bad-code.jpg"]["waiting"]
    stack.create_event("not-there-yet")
    assert stack.event("not-there-yet")["pending"] + len(stack.rows("not-there-yet")) > 0
    assert stack.wait_until_final("not-there-yet", 1)[0]["status"] == "encoded"
    assert "Not-There-Yet/early.jpg" not in {d["blob_name"] for d in stack.get("/system/drops")["drops"]}


def test_an_overwritten_blob_shows_the_new_photo(stack: Stack, code: str, face: Image.Image) -> None:
    nobody = Image.new("RGB", (300, 375), "grey")
    with stack.photos as container:
        container.upload_blob(f"{code}/a.jpg", jpeg(face, "first"))
        assert stack.wait_until_final(code, 1)[0]["faces"] == 1
        container.upload_blob(f"{code}/a.jpg", jpeg(nobody, "second"), overwrite=True)
        stack.wait_for("the new photo", lambda: stack.rows(code)[0]["faces"] == 0)
    row = stack.wait_until_final(code, 1)[0]
    assert row["status"] == "encoded"
    assert stack.get(f"/pics/{row['uuid']}")["faces"] == []


def test_a_deleted_blob_takes_its_image_along(stack: Stack, code: str, face: Image.Image) -> None:
    with stack.photos as container:
        container.upload_blob(f"{code}/stays.jpg", jpeg(face, "stays"))
        container.upload_blob(f"{code}/goes.jpg", jpeg(face, "goes"))
        stack.wait_until_final(code, 2)
        container.delete_blob(f"{code}/goes.jpg")
    stack.wait_for("the image to go", lambda: set(stack.by_name(code)) == {"stays.jpg"})


def test_of_the_same_bytes_one_is_encoded_and_the_others_point_at_it(
    stack: Stack, code: str, face: Image.Image
) -> None:
    with stack.photos as container:
        for name in ("one.jpg", "two.jpg", "sub/three.jpg"):
            container.upload_blob(f"{code}/{name}", jpeg(face, "same"))
    rows = stack.wait_until_final(code, 3)
    (encoded,) = [row for row in rows if row["status"] == "encoded"]
    others = [row for row in rows if row["status"] == "duplicate"]
    assert [row["duplicate_of"] for row in others] == [encoded["uuid"]] * 2


def test_what_is_no_photo_is_rejected_with_a_reason(stack: Stack, code: str, face: Image.Image) -> None:
    whole = jpeg(face, "whole")
    bad = {
        "empty.jpg": b"",
        "text.jpg": b"this is text",
        "cut.jpg": whole[: len(whole) // 2],
        "page.jpg": b"<html>",
    }
    with stack.photos as container:
        for name, data in bad.items():
            container.upload_blob(f"{code}/{name}", data)
    rows = stack.wait_until_final(code, len(bad))
    assert {row["status"] for row in rows} == {"rejected"}
    reasons = {row["name"]: row["status_reason"] for row in stack.get("/pics", event_code=code, status="rejected")}
    assert reasons["empty.jpg"] == "The file is empty."
    assert "format" in reasons["text.jpg"]
    assert "cut off" in reasons["cut.jpg"]
    # Tried again, it is looked at again, and rejected again.
    uuid = rows[0]["uuid"]
    assert httpx.post(f"{stack.url}/pics/{code}/{uuid}/retry").status_code == 202
    assert {row["status"] for row in stack.wait_until_final(code, len(bad))} == {"rejected"}


def test_a_photo_of_nobody_and_a_photo_of_thirty_are_both_encoded(
    stack: Stack, code: str, sample_photos: Path
) -> None:
    heads = []
    for name in ("biden.jpg", "obama.jpg", "obama2.jpg"):
        pixels = decode((sample_photos / name).read_bytes(), max_pixels=64_000_000).pixels
        # The heads of these portraits, found by eye.
        top = {"biden.jpg": 150, "obama.jpg": 100, "obama2.jpg": 60}[name]
        side = {"biden.jpg": 760, "obama.jpg": 620, "obama2.jpg": 480}[name]
        left = (pixels.shape[1] - side) // 2
        heads.append(np.asarray(Image.fromarray(pixels[top : top + side, left : left + side]).resize((240, 240))))
    rows = [np.hstack([heads[(row + column) % 3] for column in range(6)]) for row in range(5)]
    crowd = Image.fromarray(np.vstack(rows))
    with stack.photos as container:
        container.upload_blob(f"{code}/crowd.jpg", jpeg(crowd, "crowd"))
        container.upload_blob(f"{code}/nobody.jpg", jpeg(Image.new("RGB", (640, 480), "teal"), "nobody"))
    stack.wait_until_final(code, 2)
    found = {name: row["faces"] for name, row in stack.by_name(code).items()}
    assert found == {"crowd.jpg": 30, "nobody.jpg": 0}
    assert [row["name"] for row in stack.get("/pics", event_code=code, min_faces=30)] == ["crowd.jpg"]


def test_azcopy_s_ways_are_understood(stack: Stack, code: str, face: Image.Image) -> None:
    """Staged blocks, folder markers, desktop litter, content types of its own, a thousand small files."""
    tiny = Image.new("RGB", (24, 24))
    with stack.photos as container:
        blob = container.get_blob_client(f"{code}/camera roll/staged.jpg")
        data = jpeg(face, "staged")
        blocks = []
        for number, start in enumerate(range(0, len(data), 4_000)):
            block = base64.b64encode(f"{number:08}".encode()).decode()
            blob.stage_block(block, data[start : start + 4_000])
            blocks.append(BlobBlock(block))
        blob.commit_block_list(blocks, content_settings=ContentSettings(content_type="application/octet-stream"))
        container.upload_blob(f"{code}/camera roll", b"", metadata={"hdi_isfolder": "true"})
        container.upload_blob(f"{code}/camera roll/.DS_Store", b"\0\0\0\1Bud1")
        container.upload_blob(f"{code}/camera roll/Thumbs.db", b"\xd0\xcf")
        for number in range(1_000):
            container.upload_blob(f"{code}/many/{number}.jpg", jpeg(tiny, str(number)))
    rows = stack.wait_until_final(code, 1_001, seconds=180)
    assert {row["status"] for row in rows} == {"encoded"}
    assert stack.by_name(code)["camera roll/staged.jpg"]["faces"] == 1
