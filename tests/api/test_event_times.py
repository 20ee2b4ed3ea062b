"""When an event is: times in and out, its bounds, and whether it runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kanta_core.database import events
from kanta_core.services import Services
from tests.api.client import Api, problem

KEPT = {
    "2026-05-01T18:00:00Z": "2026-05-01T18:00:00Z",
    "2026-05-01T18:00:00": "2026-05-01T18:00:00Z",
    "2026-05-01 18:00:00": "2026-05-01T18:00:00Z",
    "2026-05-01t18:00:00z": "2026-05-01T18:00:00Z",
    "2026-05-01T18:00:00+03:00": "2026-05-01T15:00:00Z",
    "2026-05-01T18:00:00-00:30": "2026-05-01T18:30:00Z",
    "2026-05-01T18:00:00.123456Z": "2026-05-01T18:00:00.123456Z",
    "2026-05-01": "2026-05-01T00:00:00Z",
    "2024-02-29T23:59:59Z": "2024-02-29T23:59:59Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
}


def test_times_come_out_in_utc_and_a_time_without_offset_is_utc(api: Api, event: str) -> None:
    for given, kept in KEPT.items():
        changed = api.put("/events", json={"event_code": event, "start_date_time": given}).json()
        assert changed["start_date_time"] == kept
        assert api.get("/events").json()["events"] == [changed]


NO_TIMES = [
    *("", "now", "2026", "2026-13-01T00:00:00Z", "2025-02-29T00:00:00Z", "2026-05-01T25:00:00Z"),
    *("2026-05-01T18:00:00+25:00", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "infinity", "1e400"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1777651200", "2026-05-01T18:00:00Z\0"),
    *(1_777_651_200, -1, 1.5, True, 10**400, {}, ["2026-05-01"]),
]


def test_what_is_no_time_in_range_is_refused(api: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    for given in NO_TIMES:
        for field in ("start_date_time", "end_date_time"):
            problem(api.post("/events", json={"event_code": "other", field: given}), 422, "invalid-request")
            problem(api.put("/events", json={"event_code": event, field: given}), 422, "invalid-request")
    assert stored() == before


def test_an_event_ends_no_sooner_than_it_starts_whichever_bound_changes(
    api: Api, stored: Callable[[], object]
) -> None:
    start, end, before = "2026-05-01T18:00:00Z", "2026-05-01T20:00:00Z", "2026-05-01T17:59:59Z"
    response = api.post("/events", json={"event_code": "bad", "start_date_time": start, "end_date_time": before})
    problem(response, 422, "invalid-request")
    # Later by the clock on the wall, sooner in fact.
    response = api.post(
        "/events",
        json={"event_code": "bad", "start_date_time": start, "end_date_time": "2026-05-01T19:00:00+02:00"},
    )
    problem(response, 422, "invalid-request")
    api.post("/events", json={"event_code": "gala", "start_date_time": start, "end_date_time": end})
    kept = stored()
    problem(api.put("/events", json={"event_code": "gala", "end_date_time": before}), 422, "invalid-request")
    problem(
        api.put("/events", json={"event_code": "gala", "start_date_time": "2026-05-01T20:00:01Z", "name": "x"}),
        422,
        "invalid-request",
    )
    assert stored() == kept
    moved = {
        "event_code": "gala",
        "start_date_time": "2027-01-01T00:00:00Z",
        "end_date_time": "2027-01-01T00:00:00Z",
    }
    assert api.put("/events", json=moved).status_code == 200
    open_ended = {"event_code": "gala", "start_date_time": None, "end_date_time": before}
    assert api.put("/events", json=open_ended).json()["end_date_time"] == before


HOUR = timedelta(hours=1)


BOUNDS: list[tuple[timedelta | None, timedelta | None, bool]] = [
    (None, None, True),
    (-HOUR, None, True),
    (HOUR, None, False),
    (None, HOUR, True),
    (None, -HOUR, False),
    (-HOUR, HOUR, True),
    (HOUR, 2 * HOUR, False),
    (-2 * HOUR, -HOUR, False),
]


def test_an_event_runs_between_its_bounds_and_a_missing_bound_is_open(api: Api, event: str) -> None:
    now = datetime.now(UTC)
    for start, end, running in BOUNDS:
        bounds = {
            "start_date_time": None if start is None else (now + start).isoformat(),
            "end_date_time": None if end is None else (now + end).isoformat(),
        }
        changed = api.put("/events", json={"event_code": event, **bounds}).json()
        assert changed["running"] is running, (start, end)
        for asked, expected in [(running, [changed]), (not running, [])]:
            assert api.get("/events", params={"running": asked}).json()["events"] == expected
            found = api.get("/events", params={"running": asked, "event_code": event}).json()["events"]
            assert found == expected


def test_an_event_runs_at_its_very_start_and_no_more_at_its_very_end(
    api: Api, event: str, services: Services
) -> None:
    with services.database.transaction() as connection:
        # Inside one transaction the clock stands still.
        connection.execute("UPDATE events SET start_date_time = now(), end_date_time = NULL")
        at_start = events.find(connection, event)
        connection.execute("UPDATE events SET start_date_time = NULL, end_date_time = now()")
        at_end = events.find(connection, event)
    assert at_start is not None
    assert at_end is not None
    assert (at_start.running, at_end.running) == (True, False)


def test_running_is_true_or_false_and_nothing_else(api: Api) -> None:
    for given in ("", "maybe", "2", "null"):
        problem(api.get("/events", params={"running": given}), 422, "invalid-request")
