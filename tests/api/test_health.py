"""Health: whether Kanta can work, and which part is down if it can't."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from azure.storage.queue import QueueClient
from pydantic import SecretStr

from kanta_core.errors import SettingsError
from kanta_core.pipeline import health
from kanta_core.services import Services, build
from kanta_core.settings import Settings
from kanta_core.storage.names import EXPORT_QUEUE
from tests.api.astray import database_at, serving, storage_at
from tests.api.client import Api, problem, secrets_of

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


def test_a_part_that_is_down_is_named_within_seconds_whether_it_refuses_or_says_nothing(
    settings: Settings, services: Services, closed_port: int, silent_port: int
) -> None:
    def look(down: tuple[set[str], dict[str, SecretStr]]) -> None:
        parts, changes = down
        with serving(settings, **changes) as api:
            response = api.get("/system/health")
        for part in parts:
            unwell(response, part)
        assert {part for part, state in response.json()["parts"].items() if state != "ok"} == parts

    ports = (closed_port, silent_port)
    databases = [({"database"}, {"database_url_given": database_at(port, settings)}) for port in ports]
    storages = [({"blobs", "queues"}, {"storage_connection": storage_at(port, settings)}) for port in ports]
    with ThreadPoolExecutor() as lookers:
        list(lookers.map(look, [*databases, *storages]))


def test_a_schema_that_is_not_there_is_named(settings: Settings, services: Services, empty_database: str) -> None:
    with serving(settings, database_url_given=SecretStr(empty_database)) as api:
        response = api.get("/system/health")
        unwell(response, "database")
        assert "migrations" in response.json()["detail"]
        problem(api.get("/events"), 503, "schema-outdated")


def test_while_a_release_migrates_the_one_before_goes_on(api: Api, services: Services) -> None:
    history = "schema_migrations (version, name, checksum, duration_ms)"
    with services.database.transaction() as connection:
        connection.execute(f"INSERT INTO {history} VALUES (9999, 'the next', '', 0)")
    assert api.get("/system/health").status_code == 200
    with services.database.transaction() as connection:
        connection.execute(
            "DELETE FROM schema_migrations WHERE version >= (SELECT count(*) - 1 FROM schema_migrations)"
        )
    unwell(api.get("/system/health"), "database")


def test_containers_and_queues_that_are_not_there_are_named(settings: Settings) -> None:
    with serving(settings) as api:
        unwell(api.get("/system/health"), "blobs")
        unwell(api.get("/system/health"), "queues")


def test_a_wrong_key_or_password_is_named_and_told_nobody(
    settings: Settings, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = settings.storage_connection.get_secret_value().replace("AccountKey=", "AccountKey=c2VjcmV0")
    url = httpx2.URL(settings.database_url).copy_with(password="hunter2hunter2")
    wrong = {"storage_connection": SecretStr(key), "database_url_given": SecretStr(str(url))}
    with serving(settings, **wrong) as api:
        response = api.get("/system/health")
    for part in ("database", "blobs", "queues"):
        unwell(response, part)
    assert caplog.records
    for secret in ("hunter2hunter2", "c2VjcmV0", *secrets_of(services)):
        assert secret not in caplog.text + response.text


def test_a_misspelt_database_url_stops_the_start_and_is_told_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    for password in ("hu@sh", "hu/sh", "hu%zzsh"):
        url = SecretStr(f"postgresql://kanta:{password}@127.0.0.1/kanta")
        with pytest.raises(SettingsError, match="URL") as stopped:
            build(settings.model_copy(update={"database_url_given": url}))
        assert not [part for part in ("hu", "sh") if part in str(stopped.value) + caplog.text]


DEEP_PARTS = {"database", "migrations", "blobs", "queues", "models"}


def test_a_deep_check_does_what_kanta_does_tells_how_long_it_took_and_leaves_nothing(
    api: Api, stored: Callable[[], dict[str, object]]
) -> None:
    before = stored()
    response = api.get("/system/health/deep")
    assert response.status_code == 200
    told = response.json()
    assert told["parts"] == dict.fromkeys(DEEP_PARTS, "ok")
    assert told["milliseconds"].keys() == DEEP_PARTS
    assert all(0 <= value < 10_000 for value in told["milliseconds"].values())
    assert told["telemetry"] == "off"
    assert stored() == before


def test_a_deep_check_is_the_organisers(closed: Api) -> None:
    problem(closed.get("/system/health/deep"), 401, "unauthenticated")


def test_a_deep_check_names_what_can_not_be_written(settings: Settings, services: Services, api: Api) -> None:
    with services.database.transaction() as connection:
        connection.execute("ALTER TABLE drops ADD CHECK (blob_name NOT LIKE 'health/%')")
    document = problem(api.get("/system/health/deep"), 503, "unavailable")
    assert document["parts"]["database"] != "ok"
    assert document["parts"]["blobs"] == "ok"


def test_a_deep_check_names_a_queue_that_is_missing(settings: Settings, api: Api) -> None:
    assert settings.storage_connection is not None
    with QueueClient.from_connection_string(settings.storage_connection.get_secret_value(), EXPORT_QUEUE) as queue:
        queue.delete_queue()
    document = problem(api.get("/system/health/deep"), 503, "unavailable")
    assert {part for part, state in document["parts"].items() if state != "ok"} == {"queues"}
    assert document["milliseconds"].keys() == DEEP_PARTS


def test_a_deep_check_waits_for_nobody_for_ever(
    settings: Settings, services: Services, silent_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_DEEP_PATIENCE_SECONDS", 1.5)
    with serving(settings, storage_connection=storage_at(silent_port, settings)) as api:
        response = api.get("/system/health/deep")
    document = problem(response, 503, "unavailable")
    assert {part for part, state in document["parts"].items() if state != "ok"} >= {"blobs", "queues"}
    assert response.elapsed.total_seconds() < A_FEW_SECONDS
