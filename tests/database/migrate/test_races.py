"""Many runners, killed runners, and an application that goes on meanwhile."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from kanta_core.database.migrate import MigrationError, applied_version, migrate_up
from kanta_core.database.migrate.connection import NAME
from kanta_core.database.migrate.runner import _LOCK_KEY

Connection = psycopg.Connection[TupleRow]
Runner = Callable[..., subprocess.Popen[str]]

RUNNERS = f"SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{NAME}'"
# The migration goes on once the gate is empty.
GATED = """
    CREATE TABLE half ();
    DO $$ BEGIN
        WHILE EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.05); END LOOP;
    END $$;
"""


def _wait_for(what: str, condition: Callable[[], bool], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def _count(connection: Connection, query: str) -> int:
    return len(connection.execute(query.encode()).fetchall())


def test_eight_racing_processes_apply_each_migration_once(
    folder: Path, empty_database: str, connection: Connection, start_runner: Runner
) -> None:
    connection.execute("CREATE TABLE tally (version int)")
    for version in range(1, 6):
        (folder / f"{version:04d}_m.sql").write_text(f"INSERT INTO tally VALUES ({version});")

    with psycopg.connect(empty_database) as gate:
        # Holds all eight at the start until the last one is there.
        gate.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        runners = [start_runner("up") for _ in range(8)]
        _wait_for("eight runners", lambda: _count(connection, RUNNERS) == 8)
    outputs = [runner.communicate(timeout=60) for runner in runners]

    assert [runner.returncode for runner in runners] == [0] * 8, outputs
    assert sum(out.count("applied") for out, _ in outputs) == 5
    assert connection.execute("SELECT version FROM tally ORDER BY version").fetchall() == [
        (version,) for version in range(1, 6)
    ]


def test_who_waited_for_the_first_migration_sees_it_within_the_transaction_that_waited(
    folder: Path, empty_database: str, connection: Connection
) -> None:
    (folder / "0001_m.sql").write_text("SELECT 1;")
    assert applied_version(connection) is None
    with connection.transaction():
        # What a session remembers of tables is thrown away when a transaction begins.
        connection.execute("SELECT 1")
        migrate_up(empty_database, folder)
        assert applied_version(connection) == 1


def test_a_runner_killed_half_way_leaves_nothing_and_the_next_one_succeeds(
    folder: Path, empty_database: str, connection: Connection, start_runner: Runner
) -> None:
    connection.execute("CREATE TABLE gate AS SELECT 1 AS closed")
    (folder / "0001_slow.sql").write_text(GATED)
    runner = start_runner("up")
    _wait_for(
        "the migration to be half-way",
        lambda: _count(connection, RUNNERS + " AND wait_event = 'PgSleep'") == 1,
    )

    runner.kill()
    runner.wait(10)

    # The server ends the statement of a runner that is gone, though nothing else would have ended it.
    _wait_for("the killed runner's session to end", lambda: _count(connection, RUNNERS) == 0)
    assert connection.execute("SELECT to_regclass('half'), to_regclass('schema_migrations')").fetchone() == (
        None,
        None,
    )
    connection.execute("TRUNCATE gate")
    assert [migration.label for migration in migrate_up(empty_database, folder)] == ["0001_slow"]
    assert applied_version(connection) == 1


def test_a_runner_that_gives_up_says_whom_it_waited_for(
    folder: Path, empty_database: str, connection: Connection
) -> None:
    (folder / "0001_a.sql").write_text("CREATE TABLE a ();")

    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK_KEY,))
        pid = connection.info.backend_pid
        with pytest.raises(MigrationError, match=rf"waited 0\.2 s for the runner with pid {pid}, at work since"):
            migrate_up(empty_database, folder, patience=0.2)


def test_a_runner_that_gives_up_on_a_table_in_use_says_so(
    folder: Path, empty_database: str, connection: Connection
) -> None:
    connection.execute("CREATE TABLE photos ()")
    (folder / "0001_a.sql").write_text("ALTER TABLE photos ADD COLUMN id int;")

    with connection.transaction():
        connection.execute("SELECT FROM photos")
        with pytest.raises(MigrationError, match=r"waited 0\.2 s for a table that is in use"):
            migrate_up(empty_database, folder, patience=0.2)


def test_the_application_goes_on_while_a_migration_waits_for_its_table(
    folder: Path, empty_database: str, connection: Connection
) -> None:
    connection.execute("CREATE TABLE photos (name text)")
    (folder / "0001_a.sql").write_text("ALTER TABLE photos ADD COLUMN id int;")

    with ThreadPoolExecutor(1) as pool, psycopg.connect(empty_database, autocommit=True) as other:
        with connection.transaction():
            connection.execute("SELECT FROM photos")
            migration = pool.submit(migrate_up, empty_database, folder)
            _wait_for(
                "the runner to wait for the table",
                lambda: _count(other, RUNNERS + " AND wait_event_type = 'Lock'") == 1,
            )
            # Queued behind the runner, and yet served while the first reader is still at it.
            other.execute("SET statement_timeout = '10s'")
            other.execute("INSERT INTO photos (name) VALUES ('a.jpg')")
            assert not migration.done()

        assert [applied.version for applied in migration.result(100)] == [1]
    assert connection.execute("SELECT name, id FROM photos").fetchall() == [("a.jpg", None)]


def test_readers_and_writers_see_no_error_while_migrations_run(
    folder: Path, empty_database: str, connection: Connection
) -> None:
    connection.execute("CREATE TABLE photos (id int GENERATED ALWAYS AS IDENTITY, name text)")
    for version in range(1, 9):
        (folder / f"{version:04d}_m.sql").write_text(
            f"ALTER TABLE photos ADD COLUMN c{version} int; CREATE INDEX ON photos (c{version});"
        )
    done = False

    def use() -> int:
        turns = 0
        with psycopg.connect(empty_database, autocommit=True) as session:
            while not done:
                with session.transaction():
                    session.execute("INSERT INTO photos (name) VALUES ('a.jpg')")
                    session.execute("SELECT id, name FROM photos ORDER BY id DESC LIMIT 5").fetchall()
                turns += 1
        return turns

    with ThreadPoolExecutor(4) as pool:
        users = [pool.submit(use) for _ in range(4)]
        try:
            _wait_for("the application to be at work", lambda: _count(connection, "SELECT FROM photos") > 20)
            assert len(migrate_up(empty_database, folder)) == 8
        finally:
            done = True
        assert sum(user.result(100) for user in users) == _count(connection, "SELECT FROM photos")
