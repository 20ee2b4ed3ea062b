"""/tokens: what an organiser gives to others, and takes back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg

from kanta_core.domain.access import Scope
from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api, problem, told
from tests.api.credentials import KEY, TOKEN, bearer, expire, make_token

ORGANISER = bearer(KEY)
MANAGE = [Scope.MANAGE]


def made(closed: Api, code: str, maker: str = KEY, **values: object) -> dict[str, str]:
    """A token as it is shown the one time."""
    response = closed.post(f"/tokens/{code}", json={"scopes": ["browse"], **values}, headers=bearer(maker))
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    shown: dict[str, str] = response.json()
    return shown


def lets_in(closed: Api, token: str, code: str) -> bool:
    response = closed.get("/clusters", params={"event_code": code}, headers=bearer(token))
    assert response.status_code in (200, 401)
    return response.status_code == 200


def begin(closed: Api, code: str) -> None:
    closed.post("/events", json={"event_code": code}, headers=ORGANISER).raise_for_status()


def test_a_token_is_shown_once_and_its_hash_never(closed: Api, event: str, stored: Callable[[], object]) -> None:
    token = made(closed, event, label="the photographer", scopes=["upload", "browse"])
    assert TOKEN.fullmatch(token["token"])
    assert token["token"] not in str(stored())
    listed = closed.get(f"/tokens/{event}", headers=ORGANISER)
    assert listed.json() == [{key: value for key, value in token.items() if key != "token"}]
    assert listed.json()[0]["scopes"] == ["upload", "browse"]
    assert (listed.json()[0]["label"], listed.json()[0]["made_by"]) == ("the photographer", None)


def test_tokens_are_listed_page_by_page_newest_first(closed: Api, event: str) -> None:
    ids = [made(closed, event)["id"] for _ in range(3)]
    pages = [
        closed.get(f"/tokens/{event}", params={"limit": 1, "offset": offset}, headers=ORGANISER).json()
        for offset in range(4)
    ]
    assert [[token["id"] for token in page] for page in pages] == [[ids[2]], [ids[1]], [ids[0]], []]


def test_a_token_lives_a_month_or_as_long_as_it_is_told_up_to_a_year(closed: Api, event: str) -> None:
    now = datetime.now(UTC)
    usual = datetime.fromisoformat(made(closed, event)["expires_at"])
    assert timedelta() <= usual - now - timedelta(days=30) < timedelta(minutes=1)
    for life in (timedelta(minutes=1), timedelta(days=364)):
        asked = (now + life).replace(microsecond=0)
        assert datetime.fromisoformat(made(closed, event, expires_at=asked.isoformat())["expires_at"]) == asked
    for life in (timedelta(seconds=-1), timedelta(days=366)):
        wanted = {"scopes": ["browse"], "expires_at": (now + life).isoformat()}
        problem(closed.post(f"/tokens/{event}", json=wanted, headers=ORGANISER), 422, "invalid-request")


def test_a_token_that_makes_no_sense_is_not_made(closed: Api, event: str, stored: Callable[[], object]) -> None:
    before = stored()
    senseless: list[dict[str, object]] = [
        {},
        {"scopes": []},
        {"scopes": ["organiser"]},
        {"scopes": "browse"},
        {"scopes": ["browse"], "label": "a" * 201},
        {"scopes": ["browse"], "label": "a\0b"},
        {"scopes": ["browse"], "label": "\ud800"},
        {"scopes": ["browse"], "label": "two\nlines"},
        {"scopes": ["browse"], "expires_at": "tomorrow"},
        {"scopes": ["browse"], "expires_at": 4_000_000_000},
    ]
    for wanted in senseless:
        problem(closed.post(f"/tokens/{event}", json=wanted, headers=ORGANISER), 422, "invalid-request")
    assert stored() == before


def test_a_revoked_token_is_refused_from_the_next_request_on(closed: Api, event: str) -> None:
    token, other = made(closed, event), made(closed, event)
    assert lets_in(closed, token["token"], event)
    for _ in range(2):
        assert closed.delete(f"/tokens/{event}/{token['id']}", headers=ORGANISER).status_code == 204
        assert not lets_in(closed, token["token"], event)
    assert lets_in(closed, other["token"], event)
    revoked = {
        listed["id"]: listed["revoked_at"] for listed in closed.get(f"/tokens/{event}", headers=ORGANISER).json()
    }
    assert datetime.fromisoformat(revoked[token["id"]]).tzinfo is not None
    assert revoked[other["id"]] is None


def test_an_expired_token_is_refused(closed: Api, event: str, services: Services) -> None:
    token = made(closed, event)
    assert lets_in(closed, token["token"], event)
    expire(services, token["id"])
    assert not lets_in(closed, token["token"], event)


def test_only_a_token_of_the_event_is_revoked(closed: Api, event: str) -> None:
    begin(closed, "funeral")
    others = made(closed, "funeral")
    for token_id in (others["id"], uuid4()):
        problem(closed.delete(f"/tokens/{event}/{token_id}", headers=ORGANISER), 404, "token-not-found")
    assert lets_in(closed, others["token"], "funeral")


def test_what_a_token_makes_neither_manages_nor_outlives_it(closed: Api, event: str) -> None:
    ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
    maker = made(closed, event, scopes=MANAGE, expires_at=ends.isoformat())
    credential = bearer(maker["token"])
    for scopes in (["manage"], ["browse", "manage"]):
        problem(closed.post(f"/tokens/{event}", json={"scopes": scopes}, headers=credential), 403, "scope-missing")
    later = {"scopes": ["browse"], "expires_at": (ends + timedelta(seconds=1)).isoformat()}
    problem(closed.post(f"/tokens/{event}", json=later, headers=credential), 422, "invalid-request")
    token = made(closed, event, maker["token"], scopes=["upload", "search", "browse"])
    assert token["made_by"] == maker["id"]
    assert datetime.fromisoformat(token["expires_at"]) == ends


def test_with_a_token_go_those_it_made(closed: Api, event: str) -> None:
    maker = made(closed, event, scopes=MANAGE)
    token, other = made(closed, event, maker["token"]), made(closed, event)
    # It may revoke itself, too.
    gone = closed.delete(f"/tokens/{event}/{maker['id']}", headers=bearer(maker["token"]))
    assert gone.status_code == 204
    assert not lets_in(closed, token["token"], event)
    assert lets_in(closed, other["token"], event)


def test_a_token_that_is_being_revoked_leaves_none_behind(closed: Api, event: str) -> None:
    for _ in range(5):
        maker = made(closed, event, scopes=MANAGE)
        with ThreadPoolExecutor(6) as askers:
            makings = [
                askers.submit(
                    closed.post, f"/tokens/{event}", json={"scopes": ["browse"]}, headers=bearer(maker["token"])
                )
                for _ in range(5)
            ]
            askers.submit(
                closed.delete, f"/tokens/{event}/{maker['id']}", headers=ORGANISER
            ).result().raise_for_status()
        answers = [making.result() for making in makings]
        assert {answer.status_code for answer in answers} <= {201, 401}
        assert not [
            answer
            for answer in answers
            if "token" in answer.json() and lets_in(closed, answer.json()["token"], event)
        ]


def test_a_token_sees_its_own_event_alone(closed: Api, event: str) -> None:
    begin(closed, "funeral")
    token = bearer(make_token(closed, event, [Scope.BROWSE])[1])
    for query, codes in (
        ("", [event]),
        ("?running=true", [event]),
        ("?running=false", []),
        ("?event_code=WEDDING", [event]),
    ):
        listed = closed.get(f"/events{query}", headers=token).json()["events"]
        assert [found["code"] for found in listed] == codes
    problem(closed.get("/events?event_code=funeral", headers=token), 404, "event-not-found")
    problem(closed.get("/events?event_code=", headers=token), 404, "event-not-found")


def test_a_token_goes_on_under_every_code_of_its_event(closed: Api, event: str) -> None:
    token = made(closed, event, scopes=MANAGE)["token"]
    renamed = {"event_code": event, "new_event_code": "party"}
    problem(closed.put("/events", json=renamed, headers=bearer(token)), 403, "scope-missing")
    closed.put("/events", json=renamed, headers=ORGANISER).raise_for_status()
    assert lets_in(closed, token, event)
    assert lets_in(closed, token, "party")


def test_whether_a_code_is_taken_is_told_the_organiser_alone(closed: Api, event: str) -> None:
    begin(closed, "funeral")
    token = bearer(made(closed, event, scopes=MANAGE)["token"])
    answers = [
        closed.put("/events", json={"event_code": event, "new_event_code": code}, headers=token)
        for code in ("funeral", "nowhere", event, "no code")
    ]
    problem(answers[0], 403, "scope-missing")
    assert len({repr(told(answer)) for answer in answers}) == 1


def test_a_token_ends_with_its_event_also_where_another_takes_its_code(
    closed: Api, event: str, stored: Callable[[], dict[str, object]]
) -> None:
    maker = made(closed, event, scopes=MANAGE)["token"]
    token = made(closed, event, maker)["token"]
    closed.request("DELETE", "/events", json={"event_code": event}, headers=ORGANISER).raise_for_status()
    assert stored()["tokens"] == []
    for text in (maker, token):
        problem(closed.get("/events", headers=bearer(text)), 401, "unauthenticated")
    begin(closed, event)
    assert not lets_in(closed, token, event)


def test_a_token_of_an_event_that_is_being_erased_lets_nobody_in(
    closed: Api, event: str, services: Services
) -> None:
    token = made(closed, event)["token"]
    with psycopg.connect(services.settings.database_url) as connection:
        connection.execute("UPDATE events SET erasing = true")
    assert not lets_in(closed, token, event)


def test_a_guest_uploads_and_the_organiser_looks(closed: Api, event: str) -> None:
    _, token = make_token(closed, event, [Scope.UPLOAD])
    sent = closed.post(f"/pics/{event}", content=photos.jpeg(), headers=bearer(token))
    assert sent.status_code == 202
    problem(closed.get(f"/pics/{sent.json()['uuid']}", headers=bearer(token)), 403, "scope-missing")
    assert closed.get(f"/pics/{sent.json()['uuid']}", headers=ORGANISER).status_code == 200


def test_hidden_people_are_listed_for_those_who_manage(closed: Api, event: str) -> None:
    browse, manage = (make_token(closed, event, [scope])[1] for scope in (Scope.BROWSE, Scope.MANAGE))
    hidden = f"/clusters?event_code={event}&hidden=true"
    problem(closed.get(hidden, headers=bearer(browse)), 403, "scope-missing")
    for credential in (manage, KEY):
        assert closed.get(hidden, headers=bearer(credential)).status_code == 200
    # Of another's event even this tells nothing.
    elsewhere = "/clusters?event_code=nowhere&hidden=true"
    problem(closed.get(elsewhere, headers=bearer(browse)), 404, "event-not-found")
