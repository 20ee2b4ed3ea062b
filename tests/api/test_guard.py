"""The guard: who asks is known before anything they sent is looked at."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import APIRouter

from kanta_core.api.access import GuardedRoute, needs, needs_organiser
from kanta_core.database.pool import Database
from kanta_core.domain.access import Scope, new_token
from kanta_core.errors import DatabaseUnavailable
from tests.api.client import Api, problem
from tests.api.credentials import KEY, bearer, make_token
from tests.api.operations import GUARDED, NOTHING, Operation


def test_a_route_that_does_not_say_whom_it_is_for_can_not_be_made() -> None:
    router = APIRouter(route_class=GuardedRoute)
    for dependencies in ([], [needs(Scope.BROWSE), needs_organiser()]):
        with pytest.raises(TypeError, match="whom it is for"):
            router.get("/secrets", dependencies=dependencies)(lambda: "all of them")


def test_no_byte_of_a_body_is_read_before_it_is_known_who_sends_it(closed: Api, event: str) -> None:
    async def unread() -> dict[str, Any]:
        raise AssertionError("the body was asked for")

    async def ask(operation: Operation, headers: list[tuple[bytes, bytes]]) -> int:
        answered: list[int] = []

        async def send(message: Any) -> None:  # noqa: ANN401 - an ASGI message
            if message["type"] == "http.response.start":
                answered.append(message["status"])

        path = operation.path.format(**{**NOTHING, "event_code": event})
        scope = {
            "type": "http",
            "method": operation.method.upper(),
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"event_code=wedding",
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"99999999999"), *headers],
        }
        await closed.app(scope, unread, send)
        return answered[0]

    browse = make_token(closed, event, [Scope.BROWSE])[1]
    for operation in GUARDED:
        assert asyncio.run(ask(operation, [])) == 401, operation.name
        if operation.scope is not Scope.BROWSE:
            headers = [(b"authorization", f"Bearer {browse}".encode())]
            assert asyncio.run(ask(operation, headers)) == 403, operation.name


def test_what_is_wrong_with_a_request_is_told_nobody_who_may_not_make_it(closed: Api, event: str) -> None:
    search = bearer(make_token(closed, event, [Scope.SEARCH])[1])
    for method, url, content in [
        ("GET", "/pics?event_code=a%20b&limit=x", b""),
        ("GET", "/pics", b""),
        ("GET", "/pics/no-uuid", b""),
        ("GET", "/events?running=perhaps", b""),
        ("POST", "/events", b"{"),
        ("PUT", "/events", b"[" * 100_000),
        ("DELETE", "/events", b"\xff"),
        ("POST", "/pics/nowhere", b""),
        ("DELETE", f"/tokens/{event}/x", b""),
        ("GET", "/system/drops?limit=0", b""),
    ]:
        problem(closed.request(method, url, content=content), 401, "unauthenticated")
        problem(closed.request(method, url, content=content, headers=search), 403, "scope-missing")


def test_what_can_be_nobodys_asks_the_database_nothing(closed: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object, **__: object) -> None:
        raise DatabaseUnavailable

    with monkeypatch.context() as while_down:
        while_down.setattr(Database, "transaction", down)
        for credential in ("garbage", KEY[:-1], new_token()[:-1], new_token() + "x", new_token().upper()):
            problem(closed.get("/events", headers=bearer(credential)), 401, "unauthenticated")
        problem(closed.get("/events", headers=bearer(new_token())), 503, "database-unavailable")


def test_bearer_is_written_as_people_write_it(closed: Api) -> None:
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer  "):
        assert closed.get("/events", headers={"Authorization": f"{scheme} {KEY}"}).status_code == 200


def test_while_access_is_open_nobody_is_asked(api: Api, event: str) -> None:
    for headers in ({}, bearer("whatever"), {"Authorization": "Basic x"}):
        assert [found["code"] for found in api.get("/events", headers=headers).json()["events"]] == [event]
    assert api.post(f"/tokens/{event}", json={"scopes": ["manage"]}).status_code == 201
