"""The audit: whoever changed something in an event is written down with it, and nobody else."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from kanta_core.domain.access import Scope
from kanta_core.pipeline.photos.retry import give_up
from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api, problem
from tests.api.credentials import KEY, TOKEN, bearer, make_token
from tests.api.operations import GUARDED, things_of

# What changes nothing, or leaves no event, and what guests do, which has rows of its own.
UNWRITTEN = {
    *("post /find-similar", "post /find-people", "post /guest-links"),
    *("post /pics/{event_code}", "post /upload-tickets/{event_code}"),
    "delete /events",
}


def audit_of(api: Api, event: str, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - values of a query
    found = api.get(f"/audit/{event}", params=query, headers=bearer(KEY))
    assert found.status_code == 200, found.text
    lines: list[dict[str, Any]] = found.json()
    return lines


def test_every_operation_that_changes_something_is_written_down(
    closed: Api, crowd: str, services: Services, subtests: pytest.Subtests
) -> None:
    label = {"scopes": ["manage"], "label": "Ada's phone"}
    manager = closed.post(f"/tokens/{crowd}", json=label, headers=bearer(KEY)).json()
    for operation in GUARDED:
        if operation.method == "get" or operation.name in UNWRITTEN or operation.is_about_the_caller:
            continue
        organiser = operation.scope is None
        things = things_of(closed, crowd)
        if "/retr" in operation.path:
            give_up(services, f"{crowd}/{things['uuid']}.jpg")
        if operation.path.startswith("/corrections") and "{correction_id}" in operation.path:
            next(each for each in GUARDED if each.name == "post /corrections/{event_code}").ask(
                closed, things, bearer(KEY)
            )
        credential = bearer(KEY if organiser else manager["token"])
        before = {line["id"] for line in audit_of(closed, crowd, limit=200)}
        with subtests.test(operation.name):
            answer = operation.ask(closed, things, credential)
            assert answer.status_code < 300, answer.text
            about = crowd if operation.name != "post /events" else answer.json()["code"]
            new = [line for line in audit_of(closed, about, limit=200) if line["id"] not in before]
            assert len(new) == 1, new
            (line,) = new
            assert line["token_id"] == (None if organiser else manager["id"])
            assert line["label"] == (None if organiser else "Ada's phone")
            assert re.fullmatch(r"[a-z]+(-[a-z]+)+", line["action"])


def test_no_secret_and_nothing_of_a_face_is_written_down(closed: Api, crowd: str, services: Services) -> None:
    _, token = make_token(closed, crowd, [Scope.BROWSE])
    naming = {"kind": "name", "cluster_id": 1, "name": "Ada Lovelace", "revisions": {"1": 1}}
    closed.post(f"/corrections/{crowd}", json=naming, headers=bearer(KEY)).raise_for_status()
    closed.put("/events", json={"event_code": crowd, "name": "Top secret"}, headers=bearer(KEY)).raise_for_status()
    with psycopg.connect(services.settings.database_url) as connection:
        rows = str(connection.execute("SELECT t::text FROM audit t").fetchall())
    for secret in (token, KEY, "Ada Lovelace", "Top secret"):
        assert secret not in rows
    assert not TOKEN.search(rows)
    newest = audit_of(closed, crowd)[0]
    assert (newest["action"], newest["details"]) == ("event-changed", {"fields": ["name"]})


def test_what_did_not_happen_is_not_written_down(closed: Api, crowd: str) -> None:
    before = audit_of(closed, crowd)
    stale = {"kind": "hide", "cluster_id": 1, "revisions": {"1": 99}}
    problem(closed.post(f"/corrections/{crowd}", json=stale, headers=bearer(KEY)), 409, "stale-people")
    photo = closed.get("/pics", params={"event_code": crowd}, headers=bearer(KEY)).json()[0]["uuid"]
    problem(closed.post(f"/pics/{crowd}/{photo}/retry", headers=bearer(KEY)), 409, "nothing-to-retry")
    taken = {"event_code": crowd}
    problem(closed.post("/events", json=taken, headers=bearer(KEY)), 409, "event-code-taken")
    assert audit_of(closed, crowd) == before


def test_what_kanta_does_on_its_own_is_nobodys_doing(
    api: Api, event: str, services: Services, encode_all: Callable[[], None], obama: bytes
) -> None:
    api.post(f"/pics/{event}", content=obama).raise_for_status()
    encode_all()
    give_up(services, f"{event}/nothing.jpg")
    assert [line["action"] for line in audit_of(api, event)] == ["event-created"]


def test_pages_lead_from_the_newest_line_to_the_oldest_while_new_ones_come(api: Api, event: str) -> None:
    for number in range(6):
        api.put("/events", json={"event_code": event, "name": str(number)}).raise_for_status()
    lines = audit_of(api, event)
    url: str | None = f"/audit/{event.upper()}?limit=3"
    seen: list[dict[str, Any]] = []
    while url is not None:
        page = api.get(url)
        assert int(page.headers["x-total-count"]) >= len(lines)
        seen += page.json()
        api.put("/events", json={"event_code": event, "name": "meanwhile"}).raise_for_status()
        link = re.fullmatch(r'<(/audit/[^>]+)>; rel="next"', page.headers.get("link", ""))
        url = link and link[1]
    assert seen == lines
    assert [line["id"] for line in lines] == sorted((line["id"] for line in lines), reverse=True)
    for cursor in ("0", "x", "", str(2**63)):
        problem(api.get(f"/audit/{event}", params={"cursor": cursor}), 422, "invalid-request")


def test_it_goes_with_its_event_and_the_log_keeps_a_line(
    api: Api, event: str, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    photo = api.post(f"/pics/{event}", content=photos.jpeg()).json()["uuid"]
    with caplog.at_level(logging.INFO, "kanta_core"):
        api.delete(f"/pics/{event}/{photo}").raise_for_status()
        api.request("DELETE", "/events", json={"event_code": event}).raise_for_status()
    assert "photo-deleted" in caplog.text
    assert photo in caplog.text
    assert re.search(r"the event [0-9a-f-]{36} is being deleted", caplog.text)
    with psycopg.connect(services.settings.database_url) as connection:
        assert connection.execute("SELECT FROM audit").fetchall() == []
