"""The bytes decide: which uploads are photos, whatever they are called; a refusal has stored nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest

from kanta_core.settings import Settings
from tests.api import photos
from tests.api.client import Api, problem

HTML = b"<!doctype html><html><script>alert(1)</script></html>"
TYPES = {"jpg": "image/jpeg", "tiff": "image/tiff"}
LIMIT = 300_000


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Small limits, so that a test can go beyond them."""
    return settings.model_copy(update={"max_upload_bytes": LIMIT, "max_pixels": 1_000_000})


def send(api: Api, event: str, data: bytes, way: str) -> httpx2.Response:
    if way == "multipart":
        return api.post(f"/pics/{event}", files={"image_file": ("photo.jpg", data, "image/jpeg")})
    return api.post(f"/pics/{event}", content=data, headers={"Content-Type": "image/jpeg"})


def test_every_format_is_taken_kept_as_it_came_and_encoded(
    api: Api, event: str, encode_all: Callable[[], None]
) -> None:
    taken = {}
    for name, (data, extension) in photos.every_format().items():
        response = send(api, event, data, "bare")
        assert response.status_code == 202, (name, response.text)
        assert response.json()["file_extension"] == extension, name
        blob = httpx2.get(response.json()["blob_url"])
        assert blob.content == data, name
        assert blob.headers["content-type"] == TYPES.get(extension, f"image/{extension}"), name
        taken[response.json()["uuid"]] = name
    encode_all()
    rows = {taken[row["uuid"]]: row for row in api.get("/pics", params={"event_code": event}).json()}
    assert rows.keys() == photos.every_format().keys()
    for name, row in rows.items():
        assert (row["status"], row["status_reason"], row["faces"]) == ("encoded", None, 0), name
        assert (row["width"], row["height"]) == (photos.WIDTH, photos.HEIGHT), name


REFUSED = {
    "nothing": (b"", 422, "image-empty"),
    "one byte": (b"\xff", 415, "image-unsupported"),
    "text": (b"Dear Kanta, here is no photo.", 415, "image-unsupported"),
    "JSON": (b'{"image": 1}', 415, "image-unsupported"),
    "HTML": (HTML, 415, "image-unsupported"),
    "HTML with a JPEG after it": (HTML + photos.jpeg(), 415, "image-unsupported"),
    "a JPEG in base64": (b"/9j/4AAQSkZJRgABAQAAAQABAAD", 415, "image-unsupported"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', 415, "image-unsupported"),
    "PDF": (b"%PDF-1.7\n1 0 obj\n", 415, "image-unsupported"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", 415, "image-unsupported"),
    "ZIP": (b"PK\x03\x04" + bytes(100), 415, "image-unsupported"),
    "BMP": (photos.saved(photos.pixels(), "BMP"), 415, "image-unsupported"),
    "ICO": (photos.saved(photos.pixels(), "ICO"), 415, "image-unsupported"),
    "MP4": (b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(100), 415, "image-unsupported"),
    "a JPEG's first bytes": (b"\xff\xd8\xff\xe0", 422, "image-broken"),
    "a JPEG cut in half": (photos.jpeg()[: len(photos.jpeg()) // 2], 422, "image-broken"),
    "a JPEG without its last bytes": (photos.jpeg()[:-40], 422, "image-broken"),
    "a PNG cut in half": (photos.png()[: len(photos.png()) // 2], 422, "image-broken"),
    "a PNG's first bytes": (photos.png()[:20], 422, "image-broken"),
    "a PNG with a flipped bit": (photos.png()[:200] + b"\xaa" + photos.png()[201:], 422, "image-broken"),
    "a GIF cut off": (photos.saved(photos.pixels(), "GIF")[:900], 422, "image-broken"),
    "a WebP cut off": (photos.saved(photos.pixels(), "WEBP")[:200], 422, "image-broken"),
    "a TIFF cut off": (photos.saved(photos.pixels(), "TIFF")[:200], 422, "image-broken"),
    "a HEIC cut off": (photos.saved(photos.pixels(), "HEIF")[:400], 422, "image-broken"),
    "an AVIF cut off": (photos.saved(photos.pixels(), "AVIF")[:400], 422, "image-broken"),
    "a photo of too many pixels": (photos.bomb(1_001, 1_000), 422, "image-too-many-pixels"),
    "a bomb": (photos.bomb(2**31 - 1, 1), 422, "image-too-many-pixels"),
    "too many bytes": (photos.jpeg() + bytes(LIMIT), 413, "image-too-large"),
    "a byte too many": (photos.jpeg().ljust(LIMIT + 1, b"\0"), 413, "image-too-large"),
}


@pytest.mark.parametrize("way", ["multipart", "bare"])
def test_what_is_no_whole_photo_within_the_limits_is_refused_and_nothing_is_stored(
    api: Api, event: str, stored: Callable[[], object], way: str
) -> None:
    api.put(f"/events/image/{event}", content=photos.png())
    before = stored()
    for name, (data, status, slug) in REFUSED.items():
        response = send(api, event, data, way)
        assert response.status_code == status, (name, response.text)
        problem(response, status, slug)
        part = {"image_file": ("photo.jpg", data)}
        problem(api.put(f"/events/image/{event}", files=part), status, slug)
        part = {"image": ("photo.jpg", data)}
        problem(api.post("/find-similar", params={"event_code": event}, files=part), status, slug)
    assert stored() == before


def test_a_photo_of_exactly_the_limit_is_taken(api: Api, event: str) -> None:
    for seed, way in enumerate(["multipart", "bare"]):
        assert send(api, event, photos.jpeg(seed).ljust(LIMIT, b"\0"), way).status_code == 202
    assert send(api, event, photos.bomb(1_000, 1_000), "bare").status_code == 202


def test_a_body_is_given_up_as_soon_as_it_is_too_long(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="image_file"; filename="a.jpg"\r\n\r\n'
        while sent < 100 * LIMIT:
            sent += 50_000
            yield bytes(50_000)

    for kind in ("multipart/form-data; boundary=b", "image/jpeg"):
        sent = 0
        response = api.post(f"/pics/{event}", content=endless(), headers={"Content-Type": kind})
        problem(response, 413, "image-too-large")
    assert stored() == before


def test_a_body_that_says_it_is_too_long_is_not_read(api: Api, event: str) -> None:
    for length in ("9" * 400, str(10**9), str(LIMIT + 1)):
        response = api.post(f"/pics/{event}", content=b"", headers={"Content-Length": length})
        problem(response, 413, "image-too-large")
