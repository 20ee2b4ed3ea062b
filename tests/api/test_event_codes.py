"""Renaming an event: its old codes go on leading to it, and nobody else can take them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.api.client import Api, problem


def rename(api: Api, code: str, new_code: str) -> str:
    response = api.put("/events", json={"event_code": code, "new_event_code": new_code})
    assert response.status_code == 200, response.text
    return str(response.json()["code"])


def test_a_new_code_is_folded_and_shown_and_the_old_one_goes_on_leading_to_the_event(api: Api, event: str) -> None:
    renamed = api.put("/events", json={"event_code": event, "new_event_code": "Gala-26", "name": "Gala"}).json()
    assert (renamed["code"], renamed["name"]) == ("gala-26", "Gala")
    for code in (event, event.upper(), "gala-26", "GALA-26"):
        (found,) = api.get("/events", params={"event_code": code}).json()["events"]
        assert found == renamed
    assert api.put("/events", json={"event_code": event, "name": "New"}).json()["name"] == "New"


def test_photos_are_sent_to_and_shown_under_every_code_of_an_event(api: Api, event: str, obama: bytes) -> None:
    rename(api, event, "gala")
    uuid = api.post(f"/pics/{event}", content=obama).json()["uuid"]
    assert api.post("/pics/gala", content=obama).json()["uuid"] == uuid
    for code in (event, "gala"):
        assert [row["uuid"] for row in api.get("/pics", params={"event_code": code}).json()] == [uuid]
        assert api.get("/clusters", params={"event_code": code}).status_code == 200
        assert api.put(f"/events/image/{code}", content=obama).json()["code"] == "gala"
    assert api.get(f"/pics/{uuid}").json()["image"]["event_code"] == "gala"
    assert api.delete(f"/pics/{event}/{uuid}").status_code == 204


def test_nobody_else_can_take_an_old_code(api: Api, event: str, stored: Callable[[], object]) -> None:
    rename(api, event, "gala")
    api.post("/events", json={"event_code": "rival"})
    before = stored()
    for taken in (event, "gala", "GALA"):
        problem(api.post("/events", json={"event_code": taken}), 409, "event-code-taken")
        change = {"event_code": "rival", "new_event_code": taken, "name": "x"}
        problem(api.put("/events", json=change), 409, "event-code-taken")
    assert stored() == before


def test_an_event_can_have_its_old_codes_back(api: Api, event: str) -> None:
    assert [rename(api, event, code) for code in ("gala", "party", event, "gala", "gala")] == [
        *("gala", "party", event, "gala", "gala")
    ]
    (found,) = api.get("/events").json()["events"]
    assert found["code"] == "gala"
    assert api.get("/events", params={"event_code": "party"}).json()["events"] == [found]


def test_a_deleted_event_sets_all_its_codes_free(api: Api, event: str) -> None:
    rename(api, event, "gala")
    assert api.request("DELETE", "/events", json={"event_code": event}).status_code == 204
    for code in (event, "gala"):
        problem(api.get("/events", params={"event_code": code}), 404, "event-not-found")
        assert api.post("/events", json={"event_code": code}).status_code == 201


def test_of_many_who_ask_for_one_code_at_once_one_gets_it(api: Api) -> None:
    with ThreadPoolExecutor(8) as askers:
        asked = askers.map(lambda _: api.post("/events", json={"event_code": "gala"}).status_code, range(8))
        assert sorted(asked) == [201, *([409] * 7)]
    assert len(api.get("/events").json()["events"]) == 1


def test_an_event_that_is_renamed_by_many_at_once_keeps_all_those_codes(api: Api, event: str) -> None:
    codes = [f"gala-{number}" for number in range(8)]
    with ThreadPoolExecutor(8) as askers:
        assert list(askers.map(lambda code: rename(api, event, code), codes)) == codes
    (found,) = api.get("/events").json()["events"]
    assert found["code"] in codes
    for code in (event, *codes):
        assert api.get("/events", params={"event_code": code}).json()["events"] == [found]


def test_bounds_that_are_changed_by_two_at_once_never_cross(api: Api, event: str) -> None:
    api.put("/events", json={"event_code": event, "end_date_time": "2026-06-01T00:00:00Z"})
    changes = [{"start_date_time": "2026-05-20T00:00:00Z"}, {"end_date_time": "2026-05-10T00:00:00Z"}]
    for _ in range(5):
        with ThreadPoolExecutor(2) as askers:
            codes = askers.map(
                lambda change: api.put("/events", json={"event_code": event, **change}).status_code, changes
            )
            assert sorted(codes) == [200, 422]
        reset = {"start_date_time": None, "end_date_time": "2026-06-01T00:00:00Z"}
        assert api.put("/events", json={"event_code": event, **reset}).status_code == 200
