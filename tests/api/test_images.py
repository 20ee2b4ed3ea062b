"""One photo over HTTP: looked at from the moment it is taken, tried again, deleted."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import httpx2
from PIL import ExifTags, Image

from kanta_core.pipeline.photos.retry import give_up
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api, problem


def drop(services: Services, blob_name: str, data: bytes) -> None:
    """A photo put straight into storage."""
    services.blobs.write(PHOTOS, blob_name, data, content_type="application/octet-stream")


def status_of(api: Api, image: str) -> tuple[str, bool]:
    row = api.get(f"/pics/{image}").json()["image"]
    return row["status"], row["status_reason"] is not None


def test_a_photo_can_be_looked_at_from_the_moment_it_is_taken(
    api: Api, event: str, encode_all: Callable[[], None], obama: bytes
) -> None:
    image = api.post(f"/pics/{event}", content=obama).json()["uuid"]
    waiting = api.get(f"/pics/{image}").json()
    assert waiting["faces"] == []
    assert (waiting["image"]["status"], waiting["image"]["faces"]) == ("pending", 0)
    encode_all()
    shown = api.get(f"/pics/{image.upper()}").json()
    (row,) = api.get("/pics", params={"event_code": event}).json()
    assert shown["image"] == row
    assert (row["status"], row["status_reason"], row["faces"]) == ("encoded", None, 1)
    with Image.open(io.BytesIO(obama)) as photo:
        assert (row["width"], row["height"]) == photo.size
    (face,) = shown["faces"]
    assert uuid.UUID(face["face_id"])
    assert face["cluster_id"] == -1
    box = face["bbox"]
    assert set(box) == {"x", "y", "width", "height"}
    assert all(isinstance(edge, int) for edge in box.values())
    assert 0 <= box["x"] < box["x"] + box["width"] <= row["width"]
    assert 0 <= box["y"] < box["y"] + box["height"] <= row["height"]


def test_a_box_is_in_pixels_of_the_upright_photo(
    api: Api, event: str, encode_all: Callable[[], None], obama: bytes
) -> None:
    with Image.open(io.BytesIO(obama)) as upright:
        lying = upright.transpose(Image.Transpose.ROTATE_90)
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = 6  # to be turned right by 90 degrees
        bodies = [photos.saved(upright, "JPEG"), photos.saved(lying, "JPEG", exif=exif)]
    shown = []
    for body in bodies:
        taken = api.post(f"/pics/{event}", content=body).json()["uuid"]
        encode_all()
        shown.append(api.get(f"/pics/{taken}").json())
    (width, height), (turned_width, turned_height) = (
        (seen["image"]["width"], seen["image"]["height"]) for seen in shown
    )
    assert (turned_width, turned_height) == (width, height)
    box, turned_box = (seen["faces"][0]["bbox"] for seen in shown)
    assert all(abs(box[edge] - turned_box[edge]) <= 0.05 * width for edge in box)


def test_an_unknown_photo_is_404_and_what_is_no_uuid_is_422(api: Api, event: str) -> None:
    unknown = uuid.uuid4()
    problem(api.get(f"/pics/{unknown}"), 404, "image-not-found")
    problem(api.delete(f"/pics/{event}/{unknown}"), 404, "image-not-found")
    problem(api.post(f"/pics/{event}/{unknown}/retry"), 404, "image-not-found")
    for odd in ("nonsense", "%00", "1", "x" * 5_000):
        problem(api.get(f"/pics/{odd}"), 422, "invalid-request")
        problem(api.delete(f"/pics/{event}/{odd}"), 422, "invalid-request")


def test_a_photo_is_reached_under_its_own_event_only(api: Api, event: str, stored: Callable[[], object]) -> None:
    api.post("/events", json={"event_code": "other"})
    image = api.post(f"/pics/{event}", content=photos.jpeg()).json()["uuid"]
    before = stored()
    for code, slug in [("other", "image-not-found"), ("nobody", "event-not-found"), ("-", "event-not-found")]:
        problem(api.delete(f"/pics/{code}/{image}"), 404, slug)
        problem(api.post(f"/pics/{code}/{image}/retry"), 404, slug)
    assert stored() == before


def test_a_deleted_photo_is_gone_with_every_other_of_its_bytes(
    api: Api, event: str, services: Services, encode_all: Callable[[], None], obama: bytes
) -> None:
    image = api.post(f"/pics/{event}", content=obama).json()
    drop(services, f"{event}/again.jpg", obama)
    drop(services, f"{event}/other.jpg", photos.jpeg())
    encode_all()
    rows = api.get("/pics", params={"event_code": event}).json()
    assert {(row["status"], row["duplicate_of"]) for row in rows} == {
        ("encoded", None),
        ("duplicate", image["uuid"]),
    }
    response = api.delete(f"/pics/{event.upper()}/{image['uuid']}")
    assert (response.status_code, response.content) == (204, b"")
    problem(api.get(f"/pics/{image['uuid']}"), 404, "image-not-found")
    problem(api.delete(f"/pics/{event}/{image['uuid']}"), 404, "image-not-found")
    (left,) = api.get("/pics", params={"event_code": event}).json()
    assert left["name"] == "other.jpg"
    assert httpx2.get(image["blob_url"]).status_code == 404


def test_a_photo_that_was_rejected_says_why_and_can_be_tried_again(
    api: Api, event: str, services: Services, encode_all: Callable[[], None]
) -> None:
    drop(services, f"{event}/sub/letter.txt", b"Dear Kanta")
    encode_all()
    (row,) = api.get("/pics", params={"event_code": event}).json()
    assert (row["status"], row["faces"], row["file_extension"]) == ("rejected", 0, "txt")
    assert "not a photo" in row["status_reason"]
    assert httpx2.get(row["azure_blob_url"]).headers["content-type"] == "application/octet-stream"
    for code in (event, event.upper()):
        retried = api.post(f"/pics/{code}/{row['uuid']}/retry")
        assert retried.status_code == 202
        assert (retried.json()["uuid"], retried.json()["status"]) == (row["uuid"], "pending")
        encode_all()
        assert status_of(api, row["uuid"]) == ("rejected", True)


def test_a_photo_that_failed_can_be_tried_again(
    api: Api, event: str, services: Services, encode_all: Callable[[], None]
) -> None:
    taken = api.post(f"/pics/{event}", content=photos.jpeg()).json()
    give_up(services, f"{event}/{taken['uuid']}.jpg")
    assert status_of(api, taken["uuid"]) == ("failed", True)
    assert api.get("/events").json()["events"][0]["pending"] == 0
    assert api.post(f"/pics/{event}/{taken['uuid']}/retry").status_code == 202
    assert api.get("/events").json()["events"][0]["pending"] == 1
    encode_all()
    assert status_of(api, taken["uuid"]) == ("encoded", False)


def test_a_photo_that_ended_well_or_as_a_duplicate_is_not_tried_again(
    api: Api, event: str, services: Services, encode_all: Callable[[], None], stored: Callable[[], object]
) -> None:
    taken = api.post(f"/pics/{event}", content=photos.jpeg()).json()
    drop(services, f"{event}/again.jpg", photos.jpeg())
    encode_all()
    before = stored()
    for row in api.get("/pics", params={"event_code": event}).json():
        problem(api.post(f"/pics/{event}/{row['uuid']}/retry"), 409, "nothing-to-retry")
    assert stored() == before
    assert status_of(api, taken["uuid"]) == ("encoded", False)
