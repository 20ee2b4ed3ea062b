"""What a request is told while a part of Kanta is down; that nobody has to restart anything afterwards."""

from __future__ import annotations

import threading
import time
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from kanta_core.services import Services
from kanta_core.settings import Settings
from tests.api import photos
from tests.api.client import Api, problem

SOON = 6.0


def test_requests_are_asked_to_come_again_while_the_database_is_down_and_served_once_it_is_back(
    api: Api, event: str, services: Services, settings: Settings
) -> None:
    name = sql.Identifier(urlsplit(settings.database_url).path.removeprefix("/"))
    server = settings.database_url.rsplit("/", 1)[0] + "/postgres"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(name))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [urlsplit(settings.database_url).path.removeprefix("/")],
        )
        for method, path in [("GET", "/events"), ("POST", f"/pics/{event}")]:
            response = api.request(method, path, content=photos.jpeg())
            problem(response, 503, "database-unavailable")
            assert response.headers["retry-after"].isdecimal()
        problem(api.get("/system/health"), 503, "unavailable")
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(name))
    deadline = time.monotonic() + SOON
    while (status := api.get("/system/health").status_code) != 200:
        assert time.monotonic() < deadline, f"the database is back, health still says {status}"
    assert [found["code"] for found in api.get("/events").json()["events"]] == [event]


def test_connections_that_were_cut_cost_nobody_an_error(api: Api, event: str, services: Services) -> None:
    everyone = [threading.Thread(target=api.get, args=("/events",)) for _ in range(8)]
    for one in everyone:
        one.start()
    for one in everyone:
        one.join()
    with psycopg.connect(services.settings.database_url, autocommit=True) as admin:
        admin.execute(
            """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()"""
        )
    assert [api.get("/events").status_code for _ in range(4)] == [200] * 4
