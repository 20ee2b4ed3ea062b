"""Uploading a photo over HTTP: what is kept, under which name, and what a second upload is."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx2

from tests.api import forms, photos
from tests.api.client import Api, problem

KEYS = {
    "uuid": str,
    "blob_url": str,
    "azure_blob_url": str,
    "file_extension": str,
    "faces": int,
    "status": str,
    "status_reason": type(None),
    "duplicate_of": type(None),
    "created_at": str,
    "last_modified": str,
}


def test_a_photo_is_taken_as_a_form_and_bare_and_waits_to_be_encoded(
    api: Api, event: str, obama: bytes, biden: bytes
) -> None:
    form = api.post(f"/pics/{event}", files={"image_file": ("obama.jpg", obama, "image/jpeg")})
    bare = api.post(f"/pics/{event}", content=biden, headers={"Content-Type": "image/jpeg"})
    for response, data in [(form, obama), (bare, biden)]:
        assert response.status_code == 202
        taken = response.json()
        for key, kind in KEYS.items():
            assert isinstance(taken[key], kind), key
        assert uuid.UUID(taken["uuid"])
        assert (taken["status"], taken["faces"], taken["file_extension"]) == ("pending", 0, "jpg")
        assert httpx2.get(taken["blob_url"]).content == data
        assert taken.items() >= api.get(f"/pics/{taken['uuid']}").json()["image"].items()
    assert api.get("/events").json()["events"][0]["pending"] == 2


def test_an_upload_to_an_unknown_event_is_404(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    for code in ("nobody", "x", "-bad-", "wedding%00", "w%ff", "...", "wedding%20", "a" * 5_000):
        response = api.post(f"/pics/{code}", content=photos.jpeg())
        assert response.status_code == 404, code
    assert stored() == before


def test_a_declared_type_is_no_reason_to_refuse_or_to_believe(api: Api, event: str) -> None:
    declared = ["image/png", "text/html", "application/json", "application/x-www-form-urlencoded", "*/*;;=", ""]
    for seed, kind in enumerate(declared):
        taken = api.post(f"/pics/{event.upper()}", content=photos.jpeg(seed), headers={"Content-Type": kind})
        assert taken.status_code == 202, taken.text
        assert httpx2.get(taken.json()["blob_url"]).headers["content-type"] == "image/jpeg"
        part = {"image_file": ("photo.png", photos.jpeg(100 + seed), kind)}
        assert api.post(f"/pics/{event}", files=part).json()["file_extension"] == "jpg"


NAMES = {
    "photo.jpg": "photo.jpg",
    "photo.exe": "photo.exe",
    "photo": "photo",
    ".jpg": ".jpg",
    "../../other/x.jpg": "x.jpg",
    "C:\\Users\\me\\x.jpg": "x.jpg",
    "/etc/passwd": "passwd",
    "🎉 Ünïcode.jpg": "🎉 Ünïcode.jpg",
    "a%00b.jpg": "a%00b.jpg",
    "a\x01b\x7f.jpg": "ab.jpg",
    "\u202egpj.exe": "gpj.exe",
    "n" * 300 + ".jpg": "n" * 255,
    "a b#c?d&e.jpg": "a b#c?d&e.jpg",
    "'; DROP TABLE images; --.jpg": "'; DROP TABLE images; --.jpg",
}


def test_a_photo_is_known_by_the_last_part_of_its_file_name(api: Api, event: str) -> None:
    for seed, (given, shown) in enumerate(NAMES.items()):
        body = forms.photo(photos.png(seed), given)
        taken = api.post(f"/pics/{event}", content=body, headers=forms.HEADERS)
        assert taken.status_code == 202, given
        assert (taken.json()["name"], taken.json()["file_extension"]) == (shown, "png")
        assert f"/{event}/{taken.json()['uuid']}.png?" in taken.json()["blob_url"]
    listed = api.get("/pics", params={"event_code": event}).json()
    assert [row["name"] for row in listed] == list(NAMES.values())


def test_a_photo_whose_file_name_says_nothing_is_known_by_its_uuid(api: Api, event: str) -> None:
    bodies = [forms.photo(photos.jpeg(seed), name) for seed, name in enumerate(["", "/", "a/", "\x01", " "])]
    nameless = forms.part(photos.jpeg(9), 'name="image_file"') + forms.END
    for body in (*bodies, nameless):
        taken = api.post(f"/pics/{event}", content=body, headers=forms.HEADERS).json()
        assert taken["name"] == f"{taken['uuid']}.jpg"
    bare = api.post(f"/pics/{event}", content=photos.jpeg(10)).json()
    assert bare["name"] == f"{bare['uuid']}.jpg"


def test_the_same_bytes_again_are_the_same_image(
    api: Api, event: str, encode_all: Callable[[], None], stored: Callable[[], object], obama: bytes
) -> None:
    first = api.post(f"/pics/{event}", files={"image_file": ("a.jpg", obama)})
    before = stored()
    again = api.post(f"/pics/{event}", files={"image_file": ("b.png", obama)})
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json() == first.json()
    assert stored() == before
    encode_all()
    before = stored()
    encoded = api.post(f"/pics/{event}", content=obama)
    assert (encoded.status_code, encoded.json()["uuid"]) == (200, first.json()["uuid"])
    assert (encoded.json()["status"], encoded.json()["faces"]) == ("encoded", 1)
    assert stored() == before


def test_the_same_bytes_in_two_events_are_two_images(api: Api, event: str) -> None:
    api.post("/events", json={"event_code": "gala"})
    taken = [api.post(f"/pics/{code}", content=photos.jpeg()) for code in (event, "gala")]
    assert [response.status_code for response in taken] == [202, 202]
    assert len({response.json()["uuid"] for response in taken}) == 2


def test_of_many_uploads_of_the_same_bytes_at_once_one_is_new(api: Api, event: str) -> None:
    with ThreadPoolExecutor(8) as senders:
        taken = list(senders.map(lambda _: api.post(f"/pics/{event}", content=photos.jpeg()), range(12)))
    assert sorted(response.status_code for response in taken) == [*([200] * 11), 202]
    assert len({response.json()["uuid"] for response in taken}) == 1
    assert len(api.get("/pics", params={"event_code": event}).json()) == 1


def test_a_deleted_photo_may_be_uploaded_again(api: Api, event: str) -> None:
    first = api.post(f"/pics/{event}", content=photos.jpeg()).json()["uuid"]
    assert api.delete(f"/pics/{event}/{first}").status_code == 204
    problem(api.get(f"/pics/{first}"), 404, "image-not-found")
    again = api.post(f"/pics/{event}", content=photos.jpeg())
    assert again.status_code == 202
    assert again.json()["uuid"] != first
    assert httpx2.get(again.json()["blob_url"]).content == photos.jpeg()
