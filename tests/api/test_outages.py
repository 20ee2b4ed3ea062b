"""What a request is told while a part of Kanta is down; that nobody has to restart anything afterwards."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import psycopg
from psycopg import sql

from kanta_core.services import Services
from kanta_core.settings import Settings
from tests.api import photos
from tests.api.astray import serving, storage_at
from tests.api.client import Api, problem

SOON = 6.0


def test_requests_are_asked_to_come_again_while_the_database_is_down_and_served_once_it_is_back(
    api: Api, event: str, services: Services, settings: Settings
) -> None:
    server, name = settings.database_url.rsplit("/", 1)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        with ThreadPoolExecutor() as askers:
            health = askers.submit(api.get, "/system/health")
            asked = [
                askers.submit(api.get, "/events"),
                askers.submit(api.post, f"/pics/{event}", content=photos.jpeg()),
                askers.submit(api.request, "DELETE", "/events", json={"event_code": event}),
            ]
        problem(health.result(), 503, "unavailable")
        for request in asked:
            problem(request.result(), 503, "database-unavailable")
            assert request.result().headers["retry-after"].isdecimal()
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(sql.Identifier(name)))
    deadline = time.monotonic() + SOON
    while (status := api.get("/system/health").status_code) != 200:
        assert time.monotonic() < deadline, f"the database is back, health still says {status}"
    assert [found["code"] for found in api.get("/events").json()["events"]] == [event]


def test_connections_that_were_cut_cost_nobody_an_error(api: Api, event: str, services: Services) -> None:
    with ThreadPoolExecutor(8) as askers:
        list(askers.map(lambda _: api.get("/events"), range(16)))
    with psycopg.connect(services.settings.database_url, autocommit=True) as admin:
        admin.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
    assert [api.get("/events").status_code for _ in range(4)] == [200] * 4


def test_a_photo_that_storage_could_not_take_is_taken_when_it_is_sent_again(
    api: Api, event: str, settings: Settings, closed_port: int
) -> None:
    api.put(f"/events/image/{event}", content=photos.png()).raise_for_status()
    with serving(settings, storage_connection=storage_at(closed_port, settings)) as cut_off:
        with ThreadPoolExecutor() as askers:
            asked = [
                askers.submit(cut_off.post, f"/pics/{event}", content=photos.jpeg()),
                askers.submit(cut_off.put, f"/events/image/{event}", content=photos.jpeg()),
            ]
        for request in asked:
            problem(request.result(), 503, "storage-unavailable")
            assert request.result().headers["retry-after"].isdecimal()
        (row,) = cut_off.get("/pics", params={"event_code": event}).json()
        assert row["status"] == "pending"
    again = api.post(f"/pics/{event}", content=photos.jpeg())
    assert again.json()["uuid"] == row["uuid"]
    assert httpx2.get(again.json()["blob_url"]).content == photos.jpeg()
    (listed,) = api.get("/events").json()["events"]
    assert httpx2.get(listed["event_image_url"]).content == photos.png()
