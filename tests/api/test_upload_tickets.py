"""Upload tickets: links that let photos in, straight into storage, and let nobody do anything else."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from kanta_core import telemetry
from kanta_core.domain.access import Scope
from kanta_core.services import Services
from kanta_core.settings import Settings
from kanta_core.storage.blobs import Blobs
from tests.api import photos
from tests.api.astray import serving
from tests.api.client import Api, problem
from tests.api.credentials import KEY, bearer, make_token

HEADERS = {"x-ms-blob-type": "BlockBlob"}
REFUSED = {403, 404, 409}


@pytest.fixture
def guest(closed: Api, event: str) -> dict[str, str]:
    """The credential of somebody who may upload and nothing else."""
    return bearer(make_token(closed, event, [Scope.UPLOAD])[1])


def ticket(api: Api, event: str, credential: dict[str, str], *names: str) -> dict[str, Any]:
    files = {"files": [{"name": name} for name in names]} if names else None
    made = api.post(f"/upload-tickets/{event}", json=files, headers=credential)
    assert made.status_code == 201, made.text
    assert made.headers["cache-control"] == "no-store"
    given: dict[str, Any] = made.json()
    return given


def put(url: str, data: bytes) -> int:
    return httpx2.put(url, content=data, headers=HEADERS).status_code


def at(url: str, blob: str) -> str:
    """The same link, bent to another blob of the container."""
    parts = urlsplit(url)
    container = "/".join(parts.path.split("/")[:3])
    return parts._replace(path=f"{container}/{blob}").geturl()


def everything_else(url: str, blob: str) -> dict[str, int]:
    """What is answered to whoever tries to do more with a link than to write a new blob."""
    own, container = at(url, blob), urlsplit(at(url, ""))._replace(path=urlsplit(at(url, "x")).path[:-2])
    listing = container._replace(query=f"restype=container&comp=list&{container.query}").geturl()
    block = f"{own}&comp=block&blockid=AAAA"
    lease = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "-1"}
    return {
        "read": httpx2.get(own).status_code,
        "look": httpx2.head(own).status_code,
        "overwrite": put(own, b"other"),
        "add blocks": httpx2.put(block, content=b"x").status_code,
        "delete": httpx2.delete(own).status_code,
        "lease": httpx2.put(f"{own}&comp=lease", headers=lease).status_code,
        "describe": httpx2.put(f"{own}&comp=metadata", headers={"x-ms-meta-a": "b"}).status_code,
        "list": httpx2.get(listing).status_code,
        "undo all": httpx2.delete(f"{container.geturl()}&restype=container").status_code,
    }


def test_a_guest_sends_each_file_by_a_link_of_its_own_and_it_is_taken_in(
    closed: Api, event: str, guest: dict[str, str], encode_all: Callable[[], None]
) -> None:
    given = ticket(closed, event, guest, "one.jpg", "two.jpg")
    assert given["headers"] == HEADERS
    assert (given["url"], given["azcopy"]) == (None, None)
    assert given["prefix"].startswith(f"{event}/")
    for number, file in enumerate(given["files"]):
        assert file["blob_name"] == given["prefix"] + file["name"]
        assert put(file["url"], photos.jpeg(number)) == 201
    encode_all()
    rows = closed.get("/pics", params={"event_code": event}, headers=bearer(KEY)).json()
    assert [(row["status"], row["name"]) for row in rows] == [
        ("encoded", "one.jpg"),
        ("encoded", "two.jpg"),
    ]


def test_a_photo_that_is_sent_by_a_link_goes_on_with_the_trace_of_its_ticket(
    closed: Api, event: str, guest: dict[str, str], services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    monkeypatch.setattr(telemetry, "carrier", lambda: {"traceparent": trace})
    given = ticket(closed, event, guest, "a.jpg")
    assert given["headers"] == {**HEADERS, "x-ms-meta-traceparent": trace}
    (file,) = given["files"]
    assert httpx2.put(file["url"], content=photos.jpeg(), headers=given["headers"]).status_code == 201
    found = services.blobs.read(file["blob_name"], at_most=10**6)
    assert found is not None
    assert found[0].traceparent == trace


def test_a_link_writes_its_one_blob_once_and_does_nothing_else(
    closed: Api, event: str, guest: dict[str, str], services: Services
) -> None:
    given = ticket(closed, event, guest, "mine.jpg")
    (file,) = given["files"]
    for other in (given["prefix"] + "other.jpg", f"{event}/other.jpg", "funeral/other.jpg", "other.jpg"):
        assert put(at(file["url"], other), b"not mine") == 403, other
    assert put(file["url"], photos.jpeg()) == 201
    tried = everything_else(file["url"], file["blob_name"])
    assert set(tried.values()) <= REFUSED, tried
    found = services.blobs.read(file["blob_name"], at_most=10**6)
    assert found is not None
    assert found[1] == photos.jpeg()


def test_a_large_files_link_takes_it_in_blocks_and_leads_to_no_other_blob(
    closed: Api, event: str, guest: dict[str, str], services: Services
) -> None:
    asked = {"files": [{"name": "a.jpg", "size": 16 * 2**20}, {"name": "b.jpg", "size": 16 * 2**20 + 1}]}
    small, large = closed.post(f"/upload-tickets/{event}", json=asked, headers=guest).json()["files"]
    assert (small["block_bytes"], large["block_bytes"]) == (None, 4 * 2**20)
    parts = [b"one", b"two"]
    for number, part in enumerate(parts):
        for file, expected in ((large, 201), (small, 403)):
            block = f"{file['url']}&comp=block&blockid=AAA{number}"
            assert httpx2.put(block, content=part).status_code == expected
    blocks = "".join(f"<Latest>AAA{number}</Latest>" for number in range(len(parts)))
    listed = f"<BlockList>{blocks}</BlockList>"
    assert httpx2.put(f"{large['url']}&comp=blocklist", content=listed).status_code == 201
    found = services.blobs.read(large["blob_name"], at_most=10**6)
    assert found is not None
    assert found[1] == b"onetwo"
    for other in (small["blob_name"], f"{event}/other.jpg", "funeral/other.jpg"):
        assert put(at(large["url"], other), b"not mine") == 403, other
    tried = everything_else(large["url"], large["blob_name"])
    # Its own blob may be written anew, which is what blocks cost.
    allowed = {what for what, status in tried.items() if status not in REFUSED}
    assert allowed <= {"overwrite", "add blocks", "lease", "describe"}, allowed
    # Not even a lease keeps it from being deleted.
    assert "lease" in allowed
    assert services.blobs.delete(large["blob_name"])


def test_who_tells_a_digest_is_told_whether_the_event_has_the_bytes(
    closed: Api, event: str, guest: dict[str, str], encode_all: Callable[[], None], services: Services
) -> None:
    def there(data: bytes) -> bool:
        file = {"name": "a.jpg", "sha256": hashlib.sha256(data).hexdigest()}
        made = closed.post(f"/upload-tickets/{event}", json={"files": [file]}, headers=guest)
        return bool(made.json()["files"][0]["there"])

    here, elsewhere = photos.jpeg(1), photos.jpeg(2)
    (place,) = ticket(closed, event, guest, "a.jpg")["files"]
    assert not there(here)
    assert put(place["url"], here) == 201
    closed.post("/events", json={"event_code": "another"}, headers=bearer(KEY))
    (other,) = ticket(closed, "another", bearer(KEY), "b.jpg")["files"]
    assert put(other["url"], elsewhere) == 201
    encode_all()
    assert there(here)
    assert not there(elsewhere)
    # Whoever deletes the blob deletes the photo, from that moment on, and so does who overwrites it.
    services.blobs.delete(place["blob_name"])
    assert not there(here)
    services.blobs.write("photos", place["blob_name"], photos.jpeg(3), content_type="image/jpeg")
    assert not there(here)


def test_what_would_not_be_taken_is_refused_before_storage_is_asked(
    closed: Api, event: str, guest: dict[str, str], encode_all: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    (place,) = ticket(closed, event, guest, "a.jpg")["files"]
    assert put(place["url"], photos.jpeg()) == 201
    encode_all()

    def refuse(*_: object) -> None:
        raise AssertionError("no blob was to be looked at")

    monkeypatch.setattr(Blobs, "look", refuse)
    files = [{"name": "a.jpg", "sha256": hashlib.sha256(photos.jpeg()).hexdigest()}, {"name": "Thumbs.db"}]
    refused = closed.post(f"/upload-tickets/{event}", json={"files": files}, headers=guest)
    problem(refused, 422, "invalid-request")


def test_the_organisers_link_is_for_any_number_of_new_photos_and_for_nothing_else(
    closed: Api, event: str, services: Services
) -> None:
    given = ticket(closed, event, bearer(KEY))
    assert given["files"] == []
    name = given["prefix"] + "day 1/IMG_1.jpg"
    assert put(at(given["url"], name.replace(" ", "%20")), photos.jpeg()) == 201
    tried = everything_else(given["url"], name.replace(" ", "%20"))
    assert set(tried.values()) <= REFUSED, tried
    found = services.blobs.read(name, at_most=10**6)
    assert found is not None
    assert found[1] == photos.jpeg()
    # Which is why nobody else gets one: it is not held to its event.
    assert put(at(given["url"], "funeral/a.jpg"), photos.jpeg()) == 201
    action = closed.get(f"/audit/{event}", headers=bearer(KEY)).json()[0]
    assert (action["action"], action["target"]) == ("upload-ticket-made", given["prefix"])


def test_a_token_that_manages_gets_none_for_any_number_either(closed: Api, event: str) -> None:
    for scope in (Scope.UPLOAD, Scope.MANAGE):
        token = bearer(make_token(closed, event, [scope])[1])
        for body in (None, {}, {"files": None}):
            refused = closed.post(f"/upload-tickets/{event}", json=body, headers=token)
            problem(refused, 403, "scope-missing")


def test_the_command_sends_a_folder_in_one_request_a_photo(closed: Api, event: str) -> None:
    given = ticket(closed, event, bearer(KEY))
    program, verb, source, url, *flags = shlex.split(given["azcopy"])
    assert (program, verb, source, url) == ("azcopy", "copy", "<folder>/*", given["url"])
    assert urlsplit(url).path.endswith(f"/photos/{given['prefix']}")
    # A link that reads nothing can't tell azcopy how long a blob has become.
    assert set(flags) == {"--recursive", "--check-length=false", "--block-size-mb=96"}
    assert "sp=c&" in url


def test_links_end_with_the_setting_and_with_the_token(settings: Settings, event: str) -> None:
    with serving(settings, access="closed", organiser_key=SecretStr(KEY), upload_ticket_minutes=7) as api:
        soon = (datetime.now(UTC) + timedelta(minutes=2)).replace(microsecond=0)
        body = {"scopes": ["upload"], "expires_at": soon.isoformat()}
        short = bearer(api.post(f"/tokens/{event}", json=body, headers=bearer(KEY)).json()["token"])
        for credential, least, most in ((bearer(KEY), 6, 7), (short, 1, 2)):
            given = ticket(api, event, credential, "a.jpg")
            left = datetime.fromisoformat(given["expires_at"]) - datetime.now(UTC)
            assert timedelta(minutes=least) < left <= timedelta(minutes=most)
            (signed,) = parse_qs(urlsplit(given["files"][0]["url"]).query)["se"]
            ends = datetime.fromisoformat(signed)
            assert abs(ends - datetime.fromisoformat(given["expires_at"])) < timedelta(seconds=1)


def test_a_link_that_has_expired_lets_nothing_in(services: Services) -> None:
    past = datetime.now(UTC) - timedelta(seconds=5)
    signing = services.blobs.signing
    for url in (
        signing.to_create("photos", "wedding/a.jpg", until=past),
        at(signing.to_create_any("photos", "wedding/", until=past), "wedding/a.jpg"),
    ):
        assert put(url, photos.jpeg()) == 403


HOSTILE = [
    "../../funeral/a.jpg",
    "a/b\\c.jpg",
    "..",
    "a\0b.jpg",
    "   ",
    "",
    "x?y#z%41.jpg",
    "ü 🎉.jpg",
    "a" * 900,
    "con.",
]


def test_whatever_files_are_called_they_stay_in_their_folder_each_by_itself(
    closed: Api, event: str, guest: dict[str, str], services: Services
) -> None:
    names = [*HOSTILE, "image.jpg", "image.jpg", "image.jpg", "image (2).jpg", "noext", "noext"]
    given = ticket(closed, event, guest, *names)
    blobs = [file["blob_name"] for file in given["files"]]
    assert len(set(blobs)) == len(names)
    for number, file in enumerate(given["files"]):
        assert put(file["url"], photos.jpeg(number)) == 201, file["name"]
    stored = [blob.name for page in services.blobs.pages() for blob in page]
    assert sorted(stored) == sorted(blobs)
    for blob in stored:
        folder, _, name = blob.rpartition("/")
        assert folder + "/" == given["prefix"]
        assert name.strip(". ")


def test_what_would_not_be_taken_is_refused_before_it_is_sent(
    closed: Api, event: str, guest: dict[str, str]
) -> None:
    def refused(*files: object) -> httpx2.Response:
        return closed.post(f"/upload-tickets/{event}", json={"files": list(files)}, headers=guest)

    problem(refused({"name": "a.jpg", "size": 100_000_001}), 413, "image-too-large")
    assert refused({"name": "a.jpg", "size": 100_000_000}).status_code == 201
    for odd in (
        [{"name": "Thumbs.db"}],
        [{"name": "a/.DS_Store"}],
        [{"size": 1}],
        [{"name": "a.jpg", "size": -1}],
        [{"name": "a" * 1_001}],
        [{"name": 7}],
        ["a.jpg"],
        [{"name": "a.jpg", "sha256": "abc"}],
        [{"name": "a.jpg"}] * 501,
        [],
    ):
        problem(refused(*odd), 422, "invalid-request")
