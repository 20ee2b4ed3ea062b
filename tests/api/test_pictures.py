"""Pictures and times: what is shown instead of a photo, and when it was taken."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from PIL import ExifTags, Image

from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api, problem

_PLACE = b"a place nobody is to know"


@pytest.fixture
def dated(obama: bytes) -> bytes:
    """A photo of one person in which its camera wrote the time and more."""
    exif = Image.Exif()
    exif[ExifTags.Base.DateTime] = "2026:05:01 14:03:22"
    exif[ExifTags.Base.ImageDescription] = _PLACE.decode()
    with Image.open(io.BytesIO(obama)) as photo:
        return photos.saved(photo, "JPEG", exif=exif)


@pytest.fixture
def rows(
    api: Api, event: str, services: Services, encode_all: Callable[[], None], dated: bytes, biden: bytes
) -> list[dict[str, Any]]:
    """The event's photos: one without a time, one with, its duplicate, and one that is pending."""
    for name, data in [("biden", biden), ("dated", dated), ("twice", dated)]:
        services.blobs.write(PHOTOS, f"{event}/{name}.jpg", data, content_type="image/jpeg")
        encode_all()
    api.post(f"/pics/{event}", content=photos.jpeg()).raise_for_status()
    return list(api.get("/pics", params={"event_code": event}).json())


def picture(link: str) -> Image.Image:
    """What a link leads to, which is a small JPEG and says nothing but what is to be seen."""
    answer = httpx2.get(link)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert _PLACE not in answer.content
    shown = Image.open(io.BytesIO(answer.content))
    assert shown.format == "JPEG"
    assert not shown.getexif()
    return shown


def test_a_photo_is_shown_as_a_thumbnail_once_it_is_encoded(rows: list[dict[str, Any]]) -> None:
    for row in rows[:3]:
        shown = picture(row["thumbnail_url"])
        assert shown.width / shown.height == pytest.approx(row["width"] / row["height"], rel=0.02)
    assert rows[1]["thumbnail_url"].split("?")[0] == rows[2]["thumbnail_url"].split("?")[0]
    assert (rows[3]["status"], rows[3]["thumbnail_url"]) == ("pending", None)
    assert _PLACE in httpx2.get(rows[1]["azure_blob_url"]).content


def test_a_photo_says_when_it_was_taken_by_its_cameras_clock(rows: list[dict[str, Any]]) -> None:
    assert [row["taken_at"] for row in rows] == [None, "2026-05-01T14:03:22", "2026-05-01T14:03:22", None]


def test_photos_are_listed_in_the_order_they_were_taken_if_asked(
    api: Api, event: str, services: Services, rows: list[dict[str, Any]]
) -> None:
    def listed(**query: object) -> list[str]:
        found = api.get("/pics", params={"event_code": event, **query}).json()  # type: ignore[dict-item]
        return [row["uuid"] for row in found]

    first, second, third, fourth = (row["uuid"] for row in rows)
    assert listed() == listed(sort="created") == [first, second, third, fourth]
    assert listed(sort="taken") == [second, third, first, fourth]
    with services.database.transaction() as connection:
        connection.execute("UPDATE images SET taken_at = '2020-01-01' WHERE id = %s", (fourth,))
    assert listed(sort="taken") == [fourth, second, third, first]
    assert listed(sort="taken", limit=2, offset=1) == [second, third]
    for odd in ("", "taken_at", "CREATED"):
        problem(api.get("/pics", params={"event_code": event, "sort": odd}), 422, "invalid-request")


def test_a_face_is_shown_by_itself_wherever_it_is_listed(
    api: Api,
    event: str,
    rows: list[dict[str, Any]],
    make_people: Callable[[str], None],
    dated: bytes,
) -> None:
    (face,) = api.get(f"/pics/{rows[1]['uuid']}").json()["faces"]
    assert 0 < face["quality"] <= 1
    assert face["score"] > 0
    crop = picture(face["crop_url"])
    assert crop.width == crop.height

    found = api.post("/find-similar", params={"event_code": event, "top_k": 1}, files={"image": dated}).json()
    assert [match["face_id"] for match in found] == [face["face_id"]]
    assert found[0]["quality"] == face["quality"]

    make_people(event)
    samples = [
        s for person in api.get("/clusters", params={"event_code": event}).json() for s in person["samples"]
    ]
    (sample,) = [sample for sample in samples if sample["face_id"] == face["face_id"]]
    for link in (found[0]["crop_url"], sample["crop_url"]):
        assert link.split("?")[0] == face["crop_url"].split("?")[0]
        assert picture(link).size == crop.size


def test_a_pictures_link_reads_that_picture_alone(api: Api, rows: list[dict[str, Any]]) -> None:
    thumbnail, photo = rows[1]["thumbnail_url"], rows[1]["azure_blob_url"]
    path, signature = thumbnail.split("?")
    assert httpx2.get(path).status_code in (401, 403, 404, 409)
    assert httpx2.get(f"{photo.split('?')[0]}?{signature}").status_code == 403
    assert httpx2.get(f"{rows[0]['thumbnail_url'].split('?')[0]}?{signature}").status_code == 403
    (face,) = api.get(f"/pics/{rows[1]['uuid']}").json()["faces"]
    assert httpx2.get(f"{face['crop_url'].split('?')[0]}?{signature}").status_code == 403


def test_a_deleted_photos_pictures_are_gone(
    api: Api, event: str, rows: list[dict[str, Any]], stored: Callable[[], dict[str, object]]
) -> None:
    (face,) = api.get(f"/pics/{rows[1]['uuid']}").json()["faces"]
    api.delete(f"/pics/{event}/{rows[2]['uuid']}").raise_for_status()
    for link in (face["crop_url"], rows[1]["thumbnail_url"], rows[2]["thumbnail_url"]):
        assert httpx2.get(link).status_code == 404
    assert httpx2.get(rows[0]["thumbnail_url"]).status_code == 200
    api.request("DELETE", "/events", json={"event_code": event}).raise_for_status()
    assert stored()["pictures"] == []


def test_only_faces_of_the_same_encoder_are_similar(
    api: Api, event: str, rows: list[dict[str, Any]], services: Services, dated: bytes
) -> None:
    assert rows
    with services.database.transaction() as connection:
        connection.execute("UPDATE faces SET encoder = 'another'")
    assert api.post("/find-similar", params={"event_code": event}, files={"image": dated}).json() == []
