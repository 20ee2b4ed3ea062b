"""Links to photos: short-lived, read-only, for one blob, and right for every name a blob can have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx2

from kanta_core.services import Services
from kanta_core.settings import Settings
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api

NAMES = [
    "plain.jpg",
    "sub/folder/of a/photo.jpg",
    "a b+c.jpg",
    "100%.jpg",
    "a%20b.jpg",
    "what?.jpg",
    "no#fragment.jpg",
    "a&b=c;d.jpg",
    "Ünïcödé 🎉 日本.jpg",
    "e\u0301.jpg",
    "quote'\"<>.jpg",
    "a..b...jpg",
    "no extension",
    "~tilde,comma:colon@at!.jpg",
    "[brackets]{braces}|^`.jpg",
]


def test_every_name_a_drop_can_have_gives_a_link_that_reads_it(
    api: Api, event: str, services: Services, encode_all: Callable[[], None]
) -> None:
    for seed, name in enumerate(NAMES):
        services.blobs.write(PHOTOS, f"{event}/{name}", photos.jpeg(seed), content_type="text/html")
    encode_all()
    rows = {row["name"]: row for row in api.get("/pics", params={"event_code": event}).json()}
    assert rows.keys() == set(NAMES)
    for seed, name in enumerate(NAMES):
        blob = httpx2.get(rows[name]["azure_blob_url"])
        assert blob.content == photos.jpeg(seed), name
        assert blob.headers["content-type"] == "image/jpeg", name


def test_a_link_reads_one_blob_and_does_nothing_else(api: Api, event: str) -> None:
    mine, other = (api.post(f"/pics/{event}", content=photos.jpeg(seed)).json()["blob_url"] for seed in (1, 2))
    path, signature = mine.split("?")
    assert httpx2.get(mine).status_code == 200
    assert httpx2.get(path).status_code in (401, 403, 404, 409)
    assert httpx2.get(f"{other.split('?')[0]}?{signature}").status_code == 403
    assert httpx2.get(f"{path.rsplit('/', 2)[0]}?restype=container&comp=list&{signature}").status_code == 403
    assert httpx2.delete(mine).status_code == 403
    assert httpx2.put(mine, content=b"x", headers={"x-ms-blob-type": "BlockBlob"}).status_code == 403
    assert httpx2.put(f"{mine}&comp=metadata", headers={"x-ms-meta-a": "b"}).status_code == 403
    assert httpx2.get(mine.replace("sp=r", "sp=rwd")).status_code == 403
    assert httpx2.get(mine).content == photos.jpeg(1)


def test_a_link_lives_about_as_long_as_the_settings_say(api: Api, event: str, settings: Settings) -> None:
    link = api.post(f"/pics/{event}", content=photos.jpeg()).json()["blob_url"]
    (expiry,) = parse_qs(urlsplit(link).query)["se"]
    lifetime = datetime.fromisoformat(expiry) - datetime.now(UTC)
    asked = timedelta(minutes=settings.blob_url_minutes)
    assert asked - timedelta(seconds=5) <= lifetime <= asked + timedelta(minutes=15)


def test_a_link_stays_the_same_for_a_while_so_that_browsers_keep_what_it_led_to(api: Api, event: str) -> None:
    link = api.post(f"/pics/{event}", content=photos.jpeg()).json()["blob_url"]
    again = [api.get("/pics", params={"event_code": event}).json()[0]["azure_blob_url"] for _ in range(3)]
    # One change is allowed: the clock may pass a quarter of an hour just now.
    assert len({link, *again}) <= 2
    assert again[-1] in (link, *again[:-1])
