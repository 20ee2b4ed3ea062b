"""Errors are problem documents, whoever raised them, and tell nothing they should not."""

from __future__ import annotations

import logging
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from kanta_core import errors
from kanta_core.api.app import create_app
from kanta_core.errors import KantaError
from kanta_core.services import Services
from tests.api.client import Api, problem, secrets_of


def kinds(of: type[KantaError] = KantaError) -> list[type[KantaError]]:
    return [of, *(kind for child in of.__subclasses__() for kind in kinds(child))]


NOT_THERE = [
    ("GET", "/nothing", 404, "not-found"),
    ("GET", "/api/events", 404, "not-found"),
    ("GET", "/events/", 404, "not-found"),
    ("GET", "/docs/assets/missing.js", 404, "not-found"),
    ("GET", "/docs/assets/../../app.py", 404, "not-found"),
    ("GET", "/docs/assets/%2e%2e%2fcore.py", 404, "not-found"),
    ("GET", "/docs/assets/%00", 404, "not-found"),
    ("GET", "/docs/assets/" + "a" * 5_000, 404, "not-found"),
    ("PATCH", "/events", 405, "method-not-allowed"),
    ("POST", "/", 405, "method-not-allowed"),
    ("POST", "/system/health", 405, "method-not-allowed"),
    ("TRACE", "/events", 405, "method-not-allowed"),
]


def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    for method, path, status, slug in NOT_THERE:
        response = api.request(method, path)
        problem(response, status, slug)
        assert ("allow" in response.headers) == (status == 405)


BODIES = [
    b"",
    b"{",
    b"nonsense",
    b"\xff\xfe\x00",
    b'{"event_code": "\xed\xa0\x80"}',
    b'{"event_code": NaN, "name": Infinity}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"event_code": ' + b"9" * 10_000 + b"}",
    b"null",
    b"[]",
    b'"wedding"',
    b"1e999",
    b'{"event_code": "gala", "name": "\\ud800"}',
    b'{"event_code": "gala", "event_code": null}',
    b'\xef\xbb\xbf{"event_code": ["gala"]}',
]


def test_a_body_that_is_no_event_is_refused(api: Api) -> None:
    # What can't be a code is an unknown event's, unless one is to be made.
    for method, statuses in [("POST", {422}), ("PUT", {404, 422}), ("DELETE", {404, 422})]:
        for content_type in ("application/json", "text/plain", "", "application/json; charset=x"):
            for body in BODIES:
                response = api.request(method, "/events", content=body, headers={"Content-Type": content_type})
                assert response.status_code in statuses, (content_type, body[:60])
    assert api.get("/events").json() == {"events": []}


def test_a_problem_does_not_repeat_what_was_sent(api: Api) -> None:
    secret = "correct-horse-battery-staple"
    for body in ({"event_code": secret * 5}, {"event_code": [secret]}, {"event_code": "a b", "name": {secret: 1}}):
        assert secret not in api.post("/events", json=body).text
    assert secret not in api.get("/pics", params={"event_code": "gala", "limit": secret, "date_from": secret}).text


def test_a_problem_stays_small_however_much_is_wrong(api: Api, event: str) -> None:
    query = "&".join(["cluster_list_id=x"] * 3_000)
    response = api.get(f"/pics?event_code={event}&{query}")
    problem(response, 422, "invalid-request")
    assert len(response.content) < 10_000


def test_every_kind_of_error_has_a_type_of_its_own() -> None:
    slugs = [kind.slug for kind in kinds() if "slug" in vars(kind)]
    assert len(slugs) == len(set(slugs))
    assert all(kind.__doc__ and kind().message.endswith(".") for kind in kinds())


def test_an_error_of_ours_tells_the_log_and_not_the_client(
    services: Services, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "SELECT secrets FROM somewhere"

    def broken() -> Services:
        raise ZeroDivisionError(secret)

    with (
        Api(create_app(broken), services) as api,
        caplog.at_level(logging.ERROR),
        pytest.raises(AssertionError, match="500"),
    ):
        api.get("/events")
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], ZeroDivisionError)


def test_a_setting_that_is_missing_is_an_error_of_ours_not_the_clients(services: Services) -> None:
    def unset() -> Services:
        raise errors.SettingsError(f"KANTA_DATABASE_URL: {secrets_of(services)}")

    with Api(create_app(unset), services) as api, pytest.raises(AssertionError, match="500") as told:
        api.get("/events")
    assert not [secret for secret in secrets_of(services) if secret in str(told.value)]


def test_a_problem_has_the_id_under_which_the_log_tells_of_it(
    api: Api, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    asked = [
        (api.get(f"/pics/{uuid4()}"), "GET /pics/{uuid}: 404 image-not-found"),
        (api.get("/pics", params={"event_code": event, "limit": "x"}), "GET /pics: 422 invalid-request"),
        (api.post("/events", json={"event_code": event}), "POST /events: 409 event-code-taken"),
    ]
    for answer, what in asked:
        (line,) = [record for record in caplog.messages if answer.json()["instance"] in record]
        assert line.startswith(what), line
    assert len({answer.json()["instance"] for answer, _ in asked}) == len(asked)
    # Nobody tells Kanta which id to write into its log.
    sent = "7" * 8
    assert sent not in api.get("/pics", headers={"X-Request-Id": sent}).headers["x-request-id"]
    assert sent not in caplog.text


def test_an_answer_that_is_no_problem_has_an_id_too(api: Api) -> None:
    ids = {api.get(path).headers["x-request-id"] for path in ("/events", "/openapi.json", "/system/health")}
    assert len(ids) == 3


def test_an_error_of_ours_is_found_in_the_log_by_the_id_the_client_was_told(
    services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Services:
        raise ZeroDivisionError

    answer = TestClient(create_app(broken)).get("/events")
    assert answer.status_code == 500
    (record,) = [each for each in caplog.records if answer.json()["instance"] in each.getMessage()]
    assert record.exc_info is not None
