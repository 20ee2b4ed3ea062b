"""Drops that belong to no event, or not yet."""

from __future__ import annotations

from kanta_core.pipeline.photos.encode import encode
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api, problem


def test_drops_are_listed_until_an_event_takes_them(api: Api, services: Services) -> None:
    for name in ("Gala/a.jpg", "no event.jpg", "-bad-/b.jpg"):
        services.blobs.write(PHOTOS, name, photos.jpeg(), content_type="image/jpeg")
        encode(services, name)
    waiting, *never = api.get("/system/drops").json()["drops"]
    assert (waiting["blob_name"], waiting["event_code"], waiting["waiting"]) == ("Gala/a.jpg", "gala", True)
    assert waiting["problem"] is None
    assert {drop["blob_name"]: drop["waiting"] for drop in never} == {"no event.jpg": False, "-bad-/b.jpg": False}
    assert all(drop["problem"] and drop["event_code"] is None for drop in never)
    assert len(api.get("/system/drops", params={"limit": 1}).json()["drops"]) == 1
    for odd in ("0", "1001", "x"):
        problem(api.get("/system/drops", params={"limit": odd}), 422, "invalid-request")
    assert api.post("/events", json={"event_code": "gala"}).json()["pending"] == 1
    assert len(api.get("/system/drops").json()["drops"]) == 2
