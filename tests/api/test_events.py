"""Events over HTTP: create, list, change, rename, delete."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from tests.api.client import Api, problem

KEYS = {
    "id": str,
    "code": str,
    "name": str | None,
    "description": str | None,
    "start_date_time": str | None,
    "end_date_time": str | None,
    "created_at": str,
    "running": bool,
    "event_image_url": str | None,
    "qr_code_image_url": str | None,
    "pending": int,
    "people_current": bool,
}
UTC_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def listed(api: Api, code: str) -> dict[str, Any]:
    (event,) = api.get("/events", params={"event_code": code}).json()["events"]
    return dict(event)


def test_a_new_event_answers_with_everything_a_list_shows_of_it(api: Api) -> None:
    given = {"event_code": "gala-26", "name": "Gala", "description": "A dinner for 80."}
    response = api.post("/events", json=given)
    assert response.status_code == 201
    event = response.json()
    for key, kind in KEYS.items():
        assert isinstance(event[key], kind), key
    assert uuid.UUID(event["id"])
    assert UTC_TIME.fullmatch(event["created_at"])
    assert (event["code"], event["name"], event["description"]) == ("gala-26", "Gala", "A dinner for 80.")
    assert (event["pending"], event["people_current"]) == (0, True)
    assert api.get("/events").json() == {"events": [event]}


def test_events_are_listed_oldest_first(api: Api) -> None:
    codes = ["zeta", "alpha", "mid-1"]
    for code in codes:
        api.post("/events", json={"event_code": code})
    assert [event["code"] for event in api.get("/events").json()["events"]] == codes


def test_a_code_is_3_to_63_letters_digits_hyphens_and_underscores_in_any_case(api: Api) -> None:
    for code in ("abc", "a-b", "A_B", "0x9", "a" * 63, "1-2_3", "A--B"):
        assert api.post("/events", json={"event_code": code}).json()["code"] == code.lower()
        assert listed(api, code.upper())["code"] == code.lower()


BAD_CODES = [
    "",
    "ab",
    "a" * 64,
    "-ab",
    "ab-",
    "_ab",
    "ab_",
    "a b",
    "a/b",
    "ábc",
    "abc\n",
    "abc\0",
    "ab\u212a",
    "a.b",
]


def test_anything_else_is_no_code_and_no_event(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    for code in BAD_CODES:
        problem(api.post("/events", json={"event_code": code}), 422, "invalid-request")
        problem(api.put("/events", json={"event_code": event, "new_event_code": code}), 422, "invalid-request")
        problem(api.get("/events", params={"event_code": code}), 404, "event-not-found")
        problem(api.request("DELETE", "/events", json={"event_code": code}), 404, "event-not-found")
    assert stored() == before


def test_a_code_in_another_case_is_taken(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    problem(api.post("/events", json={"event_code": event.upper()}), 409, "event-code-taken")
    assert stored() == before


def test_what_a_change_leaves_out_stays_and_null_clears(api: Api) -> None:
    whole = {
        "name": "Gala",
        "description": "A dinner.",
        "start_date_time": "2026-05-01T18:00:00Z",
        "end_date_time": "2026-05-02T02:00:00Z",
    }
    before = api.post("/events", json={"event_code": "gala", **whole}).json()
    for field, value in whole.items():
        cleared = api.put("/events", json={"event_code": "GALA", field: None}).json()
        assert {key: cleared[key] for key in whole} == {**whole, field: None}
        restored = api.put("/events", json={"event_code": "gala", field: value}).json()
        assert {key: restored[key] for key in whole} == whole
    unchanged = api.put("/events", json={"event_code": "gala"})
    assert unchanged.status_code == 200
    assert unchanged.json() | {"last_modified": None} == before | {"last_modified": None}


def test_a_code_cannot_be_cleared(api: Api, event: str) -> None:
    problem(api.put("/events", json={"event_code": event, "new_event_code": None}), 422, "invalid-request")


def test_texts_are_kept_as_they_were_given_up_to_their_limits(api: Api, event: str) -> None:
    for name, description in [
        ("🎉" * 200, "é" * 2_000),
        ("", ""),
        ("  a  ", "two\nlines\t"),
        ("<b>&amp;", "';--"),
    ]:
        change = {"event_code": event, "name": name, "description": description}
        changed = api.put("/events", json=change).json()
        assert (changed["name"], changed["description"]) == (name, description)


UNFIT: list[tuple[str, object]] = [
    ("name", "n" * 201),
    ("description", "d" * 2_001),
    ("name", "a\0b"),
    ("description", "\0"),
    ("name", "\ud800"),
    ("description", "a\udfffb"),
    ("name", 5),
    ("name", ["a"]),
    ("start_date_time", "yesterday"),
]


def test_a_value_that_cannot_be_kept_is_refused_and_nothing_is_stored(
    api: Api, event: str, stored: Callable[[], object]
) -> None:
    before = stored()
    for field, value in UNFIT:
        problem(api.post("/events", json={"event_code": "other", field: value}), 422, "invalid-request")
        change = {"event_code": event, "description": "x", field: value}
        problem(api.put("/events", json=change), 422, "invalid-request")
    assert stored() == before


def test_an_unknown_event_is_404_in_every_place(api: Api, event: str) -> None:
    assert api.get("/events", params={"event_code": event}).status_code == 200
    problem(api.get("/events", params={"event_code": "nobody"}), 404, "event-not-found")
    problem(api.put("/events", json={"event_code": "nobody", "name": "x"}), 404, "event-not-found")
    problem(api.put("/events", json={"event_code": "nobody", "new_event_code": "ok-1"}), 404, "event-not-found")
    problem(api.request("DELETE", "/events", json={"event_code": "nobody"}), 404, "event-not-found")
    assert [found["code"] for found in api.get("/events").json()["events"]] == [event]


def test_a_deleted_event_is_gone_and_its_code_is_free(api: Api, event: str) -> None:
    first = listed(api, event)["id"]
    response = api.request("DELETE", "/events", json={"event_code": event.upper()})
    assert (response.status_code, response.content) == (204, b"")
    assert api.get("/events").json() == {"events": []}
    problem(api.request("DELETE", "/events", json={"event_code": event}), 404, "event-not-found")
    assert api.post("/events", json={"event_code": event}).json()["id"] != first
