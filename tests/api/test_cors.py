"""Pages of other origins: browsers let those ask that a setting names, and never with a cookie."""

from __future__ import annotations

import httpx2
import pytest

from kanta_core.api.app import create_app
from kanta_core.errors import SettingsError
from kanta_core.services import Services
from kanta_core.settings import Settings
from tests.api.astray import serving
from tests.api.client import Api, problem

ORIGIN = "https://photos.example"
ALLOW = "access-control-allow-origin"


def beforehand(api: Api, origin: str, **headers: str) -> httpx2.Response:
    """What a browser asks before it lets a page ask."""
    asked = {"Origin": origin, "Access-Control-Request-Method": "PUT", **headers}
    return api.request("OPTIONS", "/events", headers=asked)


def test_no_origin_is_let_ask_by_default(api: Api) -> None:
    problem(beforehand(api, ORIGIN), 405, "method-not-allowed")
    answer = api.get("/events", headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_an_origin_that_is_named_may_ask_and_read_what_clients_need(settings: Settings) -> None:
    with serving(settings, cors_origins=(ORIGIN, "http://localhost:5173")) as api:
        wanted = {"Access-Control-Request-Headers": "authorization,content-type"}
        allowed = beforehand(api, ORIGIN, **wanted)
        assert allowed.status_code == 200
        assert allowed.headers[ALLOW] == ORIGIN
        assert "PUT" in allowed.headers["access-control-allow-methods"]
        for path, status in (("/events", 200), ("/pics?event_code=nobody", 404)):
            answer = api.get(path, headers={"Origin": "http://localhost:5173"})
            assert (answer.status_code, answer.headers[ALLOW]) == (status, "http://localhost:5173")
            exposed = answer.headers["access-control-expose-headers"]
            assert {"X-Total-Count", "Link", "Retry-After", "X-Request-Id"} <= set(exposed.split(", "))
            assert "Origin" in answer.headers["vary"]
        for answered in (allowed, answer):
            assert "access-control-allow-credentials" not in answered.headers


def test_others_may_not(settings: Settings) -> None:
    with serving(settings, cors_origins=(ORIGIN,)) as api:
        for origin in ("https://evil.example", "null", f"{ORIGIN}.evil.example", "http://photos.example", "*"):
            refused = beforehand(api, origin)
            problem(refused, 403, "origin-refused")
            assert ALLOW not in refused.headers
            assert ALLOW not in api.get("/events", headers={"Origin": origin}).headers
        problem(beforehand(api, ORIGIN, **{"Access-Control-Request-Headers": "cookie"}), 403, "origin-refused")


def test_all_origins_may_where_that_is_set_and_none_with_a_cookie(settings: Settings) -> None:
    with serving(settings, cors_origins=("*",)) as api:
        for answer in (beforehand(api, ORIGIN), api.get("/events", headers={"Origin": ORIGIN, "Cookie": "a=b"})):
            assert "access-control-allow-credentials" not in answer.headers
        assert api.get("/events", headers={"Origin": ORIGIN}).headers[ALLOW] == "*"


def test_settings_that_are_no_good_are_told_as_ever(services: Services) -> None:
    def unset() -> Services:
        raise SettingsError("KANTA_DATABASE_URL is missing.")

    with Api(create_app(unset), services) as api, pytest.raises(AssertionError, match="500"):
        api.get("/events", headers={"Origin": ORIGIN})
