"""`python -m kanta_core.database.migrate`, as a person meets it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def run(start_runner: Callable[..., subprocess.Popen[str]]) -> Run:
    """Runs one command to its end: its exit status and the lines of its stdout and its stderr."""

    def run(*arguments: str, **environment: str) -> tuple[int, list[str], list[str]]:
        runner = start_runner(*arguments, **environment)
        out, err = runner.communicate(timeout=60)
        return runner.returncode, out.splitlines(), err.splitlines()

    return run


@pytest.fixture(autouse=True)
def two(folder: Path) -> None:
    (folder / "0001_events.sql").write_text("CREATE TABLE events (id int PRIMARY KEY);")
    (folder / "0001_events.down.sql").write_text("DROP TABLE events;")
    (folder / "0002_images.sql").write_text("CREATE TABLE images ();")


def test_up_says_what_it_applied(run: Run) -> None:
    assert run("up", "--to", "1") == (0, ["applied 0001_events"], [])
    assert run("up") == (0, ["applied 0002_images"], [])
    assert run("up") == (0, ["nothing to apply"], [])


def test_status_lists_the_applied_and_the_pending(run: Run) -> None:
    run("up", "--to", "1")

    status, (header, first, second), _ = run("status")

    assert status == 0
    assert header.split() == ["version", "name", "state", "when"]
    assert first.split()[:3] == ["0001", "events", "applied"]
    assert first.endswith(" UTC")
    assert second.split() == ["0002", "images", "pending"]


def test_status_marks_the_edited_and_the_unknown(run: Run, folder: Path) -> None:
    run("up")
    (folder / "0001_events.sql").write_text("CREATE TABLE events ();")
    (folder / "0002_images.sql").unlink()

    status, (_, first, second), _ = run("status")

    assert status == 0
    assert first.split()[:3] == ["0001", "events", "edited"]
    assert second.split()[:3] == ["0002", "images", "unknown"]


def test_verify_passes_only_where_nothing_is_pending(run: Run) -> None:
    assert run("verify") == (1, ["0001_events is pending", "0002_images is pending"], [])
    run("up")
    assert run("verify") == (0, ["the database is at 0002, as this checkout needs it"], [])


def test_verify_names_everything_that_is_wrong(run: Run, folder: Path) -> None:
    run("up")
    (folder / "0001_events.sql").write_text("CREATE TABLE events ();")
    (folder / "0002_images.sql").unlink()

    status, lines, _ = run("verify")

    assert status == 1
    assert [line.split()[0] for line in lines] == ["0001_events.sql", "0002_images"]


def test_history_lists_what_was_applied_and_how_long_it_took(run: Run) -> None:
    run("up")

    status, (_, first, second), _ = run("history")

    assert status == 0
    assert first.split()[:2] == ["0001", "events"]
    assert first.split()[3] == "ms"
    assert second.split()[:2] == ["0002", "images"]


def test_down_says_what_it_reverted(run: Run, folder: Path) -> None:
    run("up")
    (folder / "0002_images.down.sql").write_text("DROP TABLE images;")

    assert run("down") == (0, ["reverted 0002_images"], [])
    assert run("down", "--to", "0") == (0, ["reverted 0001_events"], [])
    assert run("down") == (0, ["nothing to revert"], [])


def test_a_refusal_is_one_line_and_exit_status_1(run: Run, folder: Path) -> None:
    run("up")
    assert run("down") == (1, [], ["migrate down: 0002_images.down.sql is missing"])

    (folder / "0002_images.sql").write_text("CREATE TABLE pictures ();")
    status, out, err = run("up")
    assert (status, out, len(err)) == (1, [], 1)
    assert err[0].startswith("migrate up: 0002_images.sql was edited after it was applied")


def test_new_writes_the_next_pair(run: Run, folder: Path) -> None:
    status, out, _ = run("new", "guest_links")

    assert status == 0
    assert out == [
        f"wrote {folder / '0003_guest_links.sql'}",
        f"wrote {folder / '0003_guest_links.down.sql'}",
    ]
    assert run("up")[1][-1] == "applied 0003_guest_links"


def test_the_database_may_be_given_in_parts(run: Run) -> None:
    status, _, (line,) = run(
        "status",
        KANTA_DATABASE_URL="",
        POSTGRES_SERVER="127.0.0.1",
        POSTGRES_PORT="1",
        POSTGRES_USER="kanta",
        POSTGRES_PASSWORD="hush",
    )

    assert status == 1
    assert line.startswith("migrate status: connection failed: connection to server at")
    assert "port 1 " in line


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kanta:hush@127.0.0.1:1/kanta",
        "postgresql://kanta:hu/sh@127.0.0.1/kanta",
        "postgresql://kanta:hu@sh@127.0.0.1/kanta",
        "postgresql://kanta:hu:sh@127.0.0.1/kanta",
        "postgresql:kanta:hush@127.0.0.1/kanta",
        "host=127.0.0.1 port=hush password=hush",
        "postgresql://kanta:%zzhush@127.0.0.1/kanta",
    ],
)
def test_no_password_is_ever_printed(run: Run, url: str) -> None:
    status, out, err = run("up", KANTA_DATABASE_URL=url)

    assert (status, out, len(err)) == (1, [], 1)
    assert "hu" not in err[0]
    assert "sh" not in err[0]


def test_a_database_that_is_nowhere_given_is_said_so(run: Run) -> None:
    status, _, (line,) = run("status", KANTA_DATABASE_URL="")

    assert status == 1
    assert "set KANTA_DATABASE_URL" in line


def test_a_history_of_another_tool_is_one_line_too(run: Run, connection: psycopg.Connection[TupleRow]) -> None:
    connection.execute("CREATE TABLE schema_migrations (version text)")

    status, out, err = run("up")

    assert (status, out) == (1, [])
    assert err == ['migrate up: column "name" does not exist']
