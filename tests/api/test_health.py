"""Health: whether Kanta can work, and which part is down if it can't."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx2
import pytest
from pydantic import SecretStr

from kanta_core.services import Services
from kanta_core.settings import Settings
from tests.api.astray import database_at, serving, storage_at
from tests.api.client import Api, problem

A_FEW_SECONDS = 4.5


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of this machine where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield server.getsockname()[1]


def unwell(response: httpx2.Response, part: str) -> None:
    document = problem(response, 503, "unavailable")
    assert part in document["detail"]
    assert document["parts"][part] != "ok"
    assert response.headers["retry-after"].isdecimal()
    assert response.elapsed.total_seconds() < A_FEW_SECONDS


def test_all_is_well(api: Api) -> None:
    response = api.get("/system/health")
    assert response.status_code == 200
    assert response.json()["status"] == "ok"
    assert set(response.json()["parts"].values()) == {"ok"}


def test_a_database_that_refuses_is_named(settings: Settings, closed_port: int) -> None:
    with serving(settings, database_url_given=database_at(closed_port, settings)) as api:
        unwell(api.get("/system/health"), "database")


def test_a_database_that_says_nothing_is_named(settings: Settings, silent_port: int) -> None:
    with serving(settings, database_url_given=database_at(silent_port, settings)) as api:
        unwell(api.get("/system/health"), "database")


def test_a_schema_that_is_not_there_is_named(settings: Settings, services: Services, empty_database: str) -> None:
    with serving(settings, database_url_given=SecretStr(empty_database)) as api:
        response = api.get("/system/health")
        unwell(response, "database")
        assert "migrations" in response.json()["detail"]
        problem(api.get("/events"), 503, "schema-outdated")


@pytest.mark.parametrize("kind", ["closed_port", "silent_port"])
def test_a_storage_that_is_down_is_named(settings: Settings, request: pytest.FixtureRequest, kind: str) -> None:
    port = request.getfixturevalue(kind)
    with serving(settings, storage_connection=storage_at(port, settings)) as api:
        response = api.get("/system/health")
        unwell(response, "blobs")
        unwell(response, "queues")
        assert response.json()["parts"]["database"] == "ok"


def test_containers_and_queues_that_are_not_there_are_named(settings: Settings) -> None:
    with serving(settings) as api:
        unwell(api.get("/system/health"), "blobs")
        unwell(api.get("/system/health"), "queues")


def test_a_wrong_key_or_password_is_named_and_not_told(settings: Settings) -> None:
    key = settings.storage_connection.get_secret_value().replace("AccountKey=", "AccountKey=AAAA")
    with serving(settings, storage_connection=SecretStr(key)) as api:
        unwell(api.get("/system/health"), "blobs")
