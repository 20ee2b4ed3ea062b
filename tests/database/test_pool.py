"""Connections: what their failures mean, and that a restart of the server costs nobody an error."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from devhost.postgres import Postgres
from kanta_core.database import events
from kanta_core.database.pool import Database
from kanta_core.database.url import SignedIn
from kanta_core.errors import DatabaseUnavailable, Invalid, SchemaOutdated, SignInFailed

SIZE = 8
# Less than a request waits for a connection.
SOON = 3.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Postgres]:
    """A server of the test's own, to be stopped and started."""
    with Postgres(tmp_path / "postgres", durable=False) as its:
        yield its


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url, size=SIZE)) as its:
        yield its


def ask(database: Database) -> int:
    with database.transaction() as connection:
        row = connection.execute("SELECT 1").fetchone()
    assert row is not None
    return int(row[0])


def fill(database: Database) -> None:
    """Make the pool open all of its connections."""
    everybody = threading.Barrier(SIZE, timeout=20)

    def hold(_: int) -> None:
        with database.transaction():
            everybody.wait()

    with ThreadPoolExecutor(SIZE) as threads:
        list(threads.map(hold, range(SIZE)))


def test_a_restart_of_the_server_costs_nobody_an_error(server: Postgres) -> None:
    with closing(Database(server.url, size=SIZE)) as database:
        fill(database)
        server.stop()
        server.start()
        # One after the other, so that one request meets every connection that was cut off.
        began = time.monotonic()
        assert [ask(database) for _ in range(2 * SIZE)] == [1] * 2 * SIZE
        assert time.monotonic() - began < SOON


def test_a_server_that_is_down_is_unavailable_and_found_again_at_once(server: Postgres) -> None:
    with closing(Database(server.url, size=SIZE)) as database:
        fill(database)
        server.stop()
        # As long as it takes for a pool that tries less and less often to have slowed down.
        for _ in range(2):
            with pytest.raises(DatabaseUnavailable):
                ask(database)
        server.start()
        began = time.monotonic()
        assert ask(database) == 1
        assert time.monotonic() - began < SOON


def test_a_connection_lost_in_the_middle_is_unavailable_and_nothing_of_it_stays(
    database: Database, database_url: str
) -> None:
    def lose_it() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO drops (blob_name, problem) VALUES ('a', 'b')")
            with psycopg.connect(database_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [connection.info.backend_pid])
            connection.execute("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        lose_it()
    with database.transaction() as connection:
        assert connection.execute("SELECT * FROM drops").fetchall() == []


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    def change_ones_mind() -> None:
        with database.transaction() as connection:
            connection.execute("INSERT INTO drops (blob_name, problem) VALUES ('a', 'b')")
            raise Invalid

    with pytest.raises(Invalid):
        change_ones_mind()
    with database.transaction() as connection:
        assert connection.execute("SELECT * FROM drops").fetchall() == []


def test_a_database_without_the_schema_is_outdated(empty_database: str) -> None:
    with closing(Database(empty_database, size=1)) as database:
        with pytest.raises(SchemaOutdated), database.transaction() as connection:
            events.find(connection, "wedding")
        assert ask(database) == 1


def test_a_statement_that_takes_too_long_is_stopped(database: Database) -> None:
    def sleep() -> None:
        with database.transaction() as connection:
            connection.execute("SET LOCAL statement_timeout = '10ms'")
            connection.execute("SELECT pg_sleep(10)")

    with pytest.raises(DatabaseUnavailable):
        sleep()
    assert ask(database) == 1


def test_who_can_sign_in_no_more_is_told_so_and_who_is_in_is_told_what_went_wrong(database_url: str) -> None:
    words = iter([str(conninfo_to_dict(database_url).get("password", ""))])

    def token() -> str:
        for word in words:
            return word
        raise SignInFailed

    with closing(Database(SignedIn(database_url, token), size=2)) as database:

        def sleep() -> None:
            with database.transaction() as connection:
                with pytest.raises(DatabaseUnavailable, match="can't sign in"), database.transaction(within=0.5):
                    pass
                connection.execute("SET LOCAL statement_timeout = '10ms'")
                connection.execute("SELECT pg_sleep(10)")

        with pytest.raises(DatabaseUnavailable, match="The database can't be reached"):
            sleep()


def test_a_server_that_is_nowhere_is_unavailable_within_seconds() -> None:
    began = time.monotonic()
    with (
        closing(Database("postgresql://kanta@127.0.0.1:1/kanta", size=1)) as database,
        pytest.raises(DatabaseUnavailable),
    ):
        ask(database)
    assert time.monotonic() - began < 8.0


def test_a_pool_that_is_closed_is_unavailable(database_url: str) -> None:
    database = Database(database_url, size=1)
    assert ask(database) == 1
    database.close()
    with pytest.raises(DatabaseUnavailable):
        ask(database)


@pytest.mark.parametrize(("pooler", "prepared"), [(False, 1), (True, 0)])
def test_statements_are_prepared_unless_a_pooler_is_in_between(
    database_url: str, *, pooler: bool, prepared: int
) -> None:
    with closing(Database(database_url, size=1, pooler=pooler)) as database:
        for _ in range(7):
            with database.transaction() as connection:
                connection.execute("SELECT %(number)s::int", {"number": 1})
        with database.transaction() as connection:
            row = connection.execute(
                "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT $1::int'"
            ).fetchone()
    assert row == (prepared,)


def test_a_pooler_is_asked_for_nothing_that_it_would_refuse(database_url: str) -> None:
    def asked_for(*, pooler: bool) -> tuple[object, ...] | None:
        with (
            closing(Database(database_url, size=1, pooler=pooler)) as database,
            database.transaction() as connection,
        ):
            return connection.execute("SELECT current_setting('statement_timeout')").fetchone()

    assert asked_for(pooler=False) == ("1min",)
    # PgBouncer ends a connection that comes with such an option: there it is the server that is told.
    assert asked_for(pooler=True) == ("0",)
