"""How often may be asked: searches by face are counted, and nobody waits for a place among too many."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import psycopg
import pytest
from pydantic import SecretStr

from kanta_core.api.app import create_app
from kanta_core.domain.access import Scope
from kanta_core.domain.faces import Encoding
from kanta_core.errors import NoFace
from kanta_core.services import Services
from kanta_core.settings import Settings
from tests.api import forms, photos
from tests.api.astray import serving
from tests.api.client import Api, problem
from tests.api.credentials import KEY, bearer, make_token

# No photo: what is counted is counted before it is looked at.
NOTHING = b"no photo"


def test_a_token_has_so_many_searches_and_is_told_when_it_has_another(event: str, settings: Settings) -> None:
    closed = {"access": "closed", "organiser_key": SecretStr(KEY)}
    with serving(settings, **closed, searches_at_once=3, searches_per_hour=60) as api:
        searching, joining, managing = (
            bearer(make_token(api, event, [scope])[1]) for scope in (Scope.SEARCH, Scope.JOIN, Scope.MANAGE)
        )

        def search(credential: dict[str, str], path: str = "/find-similar") -> httpx2.Response:
            return api.post(path, params={"event_code": event}, content=NOTHING, headers=credential)

        for path in ("/find-similar", "/find-people", "/find-people"):
            problem(search(searching, path), 415, "image-unsupported")
        refused = search(searching)
        problem(refused, 429, "too-many-requests")
        assert 50 <= int(refused.headers["retry-after"]) <= 60
        # Each token has its own, and a guest link is a search, too.
        body = forms.photo(NOTHING, "me.jpg", "image")
        links = [
            api.post(
                "/guest-links", params={"event_code": event}, content=body, headers={**forms.HEADERS, **joining}
            )
            for _ in range(4)
        ]
        assert [link.status_code for link in links] == [422, 422, 422, 429]
        with psycopg.connect(settings.database_url) as connection:
            connection.execute("UPDATE tokens SET searches_until = searches_until - interval '61 s'")
        assert [search(searching).status_code for _ in range(2)] == [415, 429]
        # Whoever sees every face anyway has no need to search for them.
        for credential in (bearer(KEY), managing):
            assert [search(credential).status_code for _ in range(5)] == [415] * 5


def test_a_search_that_is_refused_reads_nothing_and_counts_nothing(
    closed: Api, event: str, settings: Settings
) -> None:
    token_id, token = make_token(closed, event, [Scope.BROWSE])
    problem(
        closed.post("/find-similar", params={"event_code": event}, headers=bearer(token)), 403, "scope-missing"
    )
    with psycopg.connect(settings.database_url) as connection:
        row = connection.execute("SELECT searches_until FROM tokens WHERE id = %s", [token_id]).fetchone()
    assert row == (None,)


class _Slow:
    """An encoder that is not done before it is told so."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()

    def encode(self, data: bytes) -> Encoding:
        self.begun.set()
        assert self.may_end.wait(30), "nobody ended the encoding"
        raise NoFace


def test_who_would_wait_behind_too_many_is_asked_to_come_again(
    services: Services, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = _Slow()
    monkeypatch.setitem(vars(services), "_encoder", slow)
    monkeypatch.setattr(services, "_seats", threading.Semaphore(2))
    with Api(create_app(lambda: services), services) as api, ThreadPoolExecutor(2) as askers:

        def search() -> int:
            return api.post("/find-similar", params={"event_code": event}, content=photos.jpeg()).status_code

        waiting = [askers.submit(search) for _ in range(2)]
        assert slow.begun.wait(30), "no search began"
        deadline = time.monotonic() + 30
        while services._seats._value:
            assert time.monotonic() < deadline, "the second search did not begin to wait"
        busy = api.post("/find-similar", params={"event_code": event}, content=photos.jpeg())
        problem(busy, 503, "busy")
        # Others go on.
        assert api.get("/events").status_code == 200
        slow.may_end.set()
        assert [each.result() for each in waiting] == [422, 422]
        # Their places are free again.
        assert search() == 422
