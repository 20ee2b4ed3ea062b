"""GET /clusters: who is in an event's photos."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx2

from tests.api.client import Api, problem


def clusters(api: Api, code: str, **query: object) -> list[dict[str, Any]]:
    response = api.get("/clusters", params={"event_code": code, **query})  # type: ignore[dict-item]
    assert response.status_code == 200
    return list(response.json())


def test_people_are_listed_biggest_first_and_the_faces_in_none_last(api: Api, crowd: str) -> None:
    listed = clusters(api, crowd.upper())
    assert [(person["cluster_id"], person["face_count"]) for person in listed] == [(2, 4), (1, 3), (3, 3), (-1, 5)]
    for person in listed:
        assert person["name"] is None
        assert len(person["samples"]) == min(5, person["face_count"])


def test_samples_show_a_persons_best_faces(api: Api, crowd: str, obama: bytes, biden: bytes) -> None:
    (person, *_) = clusters(api, crowd, sample_size=2)
    assert [sample["sample_bbox"]["width"] for sample in person["samples"]] == [40, 30]
    for sample in person["samples"]:
        assert uuid.UUID(sample["face_id"])
        assert set(sample["sample_bbox"]) == {"x", "y", "width", "height"}
        assert httpx2.get(sample["sample_blob_url"]).content in (obama, biden)


def test_a_sample_has_1_to_20_faces(api: Api, crowd: str) -> None:
    assert [len(person["samples"]) for person in clusters(api, crowd, sample_size=1)] == [1, 1, 1, 1]
    assert [len(person["samples"]) for person in clusters(api, crowd, sample_size=20)] == [4, 3, 3, 5]
    for size in ("0", "21", "-1", "x", "", "9" * 50):
        query = {"event_code": crowd, "sample_size": size}
        problem(api.get("/clusters", params=query), 422, "invalid-request")


def test_the_photos_of_people_are_a_redirect_away(api: Api, crowd: str) -> None:
    response = api.get(f"/clusters?event_code={crowd.upper()}&cluster_ids=2&cluster_ids=-1&cluster_ids=2")
    assert response.status_code == 307
    location = response.headers["location"]
    assert location == f"/pics?event_code={crowd}&cluster_list_id=2&cluster_list_id=-1&cluster_list_id=2"
    followed = api.get(location)
    assert followed.status_code == 200
    assert len(followed.json()) == 1
    assert api.get(f"/clusters?event_code={crowd}&cluster_ids=77").status_code == 307


def test_people_whose_number_is_none_are_refused(api: Api, crowd: str) -> None:
    for odd in ("x", "", "1,2", str(2**31), "9" * 5_000):
        query = {"event_code": crowd, "cluster_ids": odd}
        problem(api.get("/clusters", params=query), 422, "invalid-request")


def test_people_of_an_unknown_event_are_404(api: Api, crowd: str) -> None:
    problem(api.get("/clusters"), 422, "invalid-request")
    for code in ("nobody", "", "-"):
        problem(api.get("/clusters", params={"event_code": code}), 404, "event-not-found")
        query = {"event_code": code, "cluster_ids": "1"}
        problem(api.get("/clusters", params=query), 404, "event-not-found")


def test_an_event_without_faces_has_no_people(api: Api, event: str) -> None:
    assert clusters(api, event) == []


def test_people_are_current_once_they_reflect_every_encoded_photo(
    api: Api,
    event: str,
    encode_all: Callable[[], None],
    make_people: Callable[[str], None],
    obama: bytes,
    biden: bytes,
) -> None:
    def current() -> bool:
        return bool(api.get("/events").json()["events"][0]["people_current"])

    taken = []
    for data in (obama, biden):
        assert current()
        taken.append(api.post(f"/pics/{event}", content=data).json()["uuid"])
        encode_all()
        assert not current()
        make_people(event)
        assert current()
    assert sum(person["face_count"] for person in clusters(api, event)) == 2
    api.delete(f"/pics/{event}/{taken[0]}").raise_for_status()
    assert not current()
    assert sum(person["face_count"] for person in clusters(api, event)) == 1
    make_people(event)
    assert current()
