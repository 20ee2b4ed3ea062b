"""An event's picture."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2

from kanta_core.storage.names import EVENT_IMAGES
from tests.api import photos
from tests.api.client import Api, problem


def put(api: Api, code: str, data: bytes) -> dict[str, Any]:
    response = api.put(f"/events/image/{code}", files={"image_file": ("picture", data)})
    assert response.status_code == 200, response.text
    return dict(response.json())


def test_an_event_shows_the_picture_it_was_given(api: Api, event: str) -> None:
    changed = put(api, event.upper(), photos.png())
    assert changed["code"] == event
    shown = httpx2.get(changed["event_image_url"])
    assert (shown.content, shown.headers["content-type"]) == (photos.png(), "image/png")
    (listed,) = api.get("/events").json()["events"]
    assert httpx2.get(listed["event_image_url"]).content == photos.png()
    assert listed["pending"] == 0
    assert api.get("/pics", params={"event_code": event}).json() == []


def test_a_new_picture_takes_the_place_of_the_former(
    api: Api, event: str, stored: Callable[[], dict[str, Any]]
) -> None:
    first = put(api, event, photos.png())["event_image_url"]
    for data in (photos.jpeg(), photos.jpeg()):
        assert httpx2.get(put(api, event, data)["event_image_url"]).content == data
    assert httpx2.get(first).status_code == 404
    assert len(stored()[EVENT_IMAGES]) == 1


def test_of_many_pictures_at_once_one_stays(api: Api, event: str, stored: Callable[[], dict[str, Any]]) -> None:
    with ThreadPoolExecutor(6) as senders:
        list(senders.map(lambda seed: put(api, event, photos.png(seed % 3)), range(12)))
    (listed,) = api.get("/events").json()["events"]
    assert httpx2.get(listed["event_image_url"]).status_code == 200
    assert len(stored()[EVENT_IMAGES]) == 1


def test_a_deleted_event_takes_its_pictures_along(
    api: Api, event: str, stored: Callable[[], dict[str, Any]]
) -> None:
    put(api, event, photos.png())
    api.request("DELETE", "/events", json={"event_code": event}).raise_for_status()
    assert stored()[EVENT_IMAGES] == []


def test_a_picture_of_an_unknown_event_is_404(api: Api, stored: Callable[[], object]) -> None:
    before = stored()
    for code in ("nobody", "-", "%00"):
        problem(api.put(f"/events/image/{code}", files={"image_file": photos.png()}), 404, "event-not-found")
    assert stored() == before
