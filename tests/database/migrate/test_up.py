from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from kanta_core.database.migrate import MigrationError, applied_version, migrate_up
from kanta_core.database.migrate.history import read_history

Connection = psycopg.Connection[TupleRow]


@pytest.fixture
def three(folder: Path) -> Path:
    """Three migrations, the third of which needs the first two."""
    (folder / "0001_events.sql").write_text("CREATE TABLE events (id int PRIMARY KEY);")
    (folder / "0002_images.sql").write_text("CREATE TABLE images (event_id int REFERENCES events);")
    (folder / "0003_index.sql").write_text("CREATE INDEX images_event ON images (event_id);")
    return folder


def _tables(connection: Connection) -> set[str]:
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def test_pending_migrations_are_applied_in_order_and_remembered(
    three: Path, empty_database: str, connection: Connection
) -> None:
    applied = migrate_up(empty_database, three)

    assert [migration.label for migration in applied] == ["0001_events", "0002_images", "0003_index"]
    assert _tables(connection) == {"events", "images", "schema_migrations"}
    history = read_history(connection)
    assert [(entry.version, entry.checksum) for entry in history] == [(m.version, m.checksum) for m in applied]
    assert all(entry.duration_ms >= 0 for entry in history)


def test_a_second_up_applies_nothing(three: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, three)
    before = read_history(connection)

    assert list(migrate_up(empty_database, three)) == []
    assert read_history(connection) == before


def test_up_stops_at_the_version_asked_for(three: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, three, to=2)

    assert applied_version(connection) == 2
    assert [migration.version for migration in migrate_up(empty_database, three)] == [3]


@pytest.mark.parametrize("to", [-1, 4])
def test_a_version_that_does_not_exist_is_refused(three: Path, empty_database: str, to: int) -> None:
    with pytest.raises(MigrationError, match=f"no version {to}: this checkout has 0 to 3"):
        migrate_up(empty_database, three, to=to)


def test_the_applied_version_is_none_before_anything_was_applied(
    three: Path, empty_database: str, connection: Connection
) -> None:
    assert applied_version(connection) is None
    migrate_up(empty_database, three, to=0)
    assert applied_version(connection) is None
    migrate_up(empty_database, three, to=1)
    assert applied_version(connection) == 1


def test_a_failing_statement_takes_its_whole_file_back_and_keeps_the_files_before(
    three: Path, empty_database: str, connection: Connection
) -> None:
    (three / "0003_index.sql").write_text("CREATE TABLE half ();\n\nCREATE TABLE events ();\n")

    with pytest.raises(MigrationError, match=r'0003_index\.sql: relation "events" already exists'):
        migrate_up(empty_database, three)

    assert _tables(connection) == {"events", "images", "schema_migrations"}
    assert applied_version(connection) == 2


def test_a_mistake_in_a_file_is_named_with_its_line(folder: Path, empty_database: str) -> None:
    (folder / "0001_a.sql").write_text("-- Ünïcödé\nCREATE TABLE a ();\nCREATE TABEL b ();\n")

    with pytest.raises(MigrationError, match=r'0001_a\.sql line 3: syntax error at or near "TABEL"'):
        migrate_up(empty_database, folder)


def test_what_fails_at_the_commit_fails_with_its_file(folder: Path, empty_database: str) -> None:
    (folder / "0001_a.sql").write_text(
        "CREATE TABLE a (id int PRIMARY KEY);"
        "CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED);"
        "INSERT INTO b VALUES (1);"
    )

    with pytest.raises(MigrationError, match=r"0001_a\.sql: .*violates foreign key"):
        migrate_up(empty_database, folder)


def test_edited_history_is_refused(three: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, three, to=2)
    (three / "0001_events.sql").write_text("CREATE TABLE events (id bigint PRIMARY KEY);")

    with pytest.raises(MigrationError, match=r"0001_events\.sql was edited after it was applied"):
        migrate_up(empty_database, three)

    assert applied_version(connection) == 2


def test_a_database_newer_than_the_checkout_is_refused(three: Path, empty_database: str) -> None:
    migrate_up(empty_database, three)
    (three / "0003_index.sql").unlink()

    with pytest.raises(MigrationError, match="0003_index was applied, but this checkout ends at 0002"):
        migrate_up(empty_database, three)


def test_a_file_missing_from_the_middle_is_refused(three: Path, empty_database: str) -> None:
    migrate_up(empty_database, three)
    (three / "0002_images.sql").unlink()

    with pytest.raises(MigrationError, match=r"0003_index\.sql comes where 0002 is missing"):
        migrate_up(empty_database, three)


def test_a_migration_that_came_too_late_is_refused(
    three: Path, empty_database: str, connection: Connection
) -> None:
    migrate_up(empty_database, three)
    connection.execute("DELETE FROM schema_migrations WHERE version = 2")

    with pytest.raises(MigrationError, match="0002_images was never applied, though 0003 was"):
        migrate_up(empty_database, three)


def test_a_windows_checkout_goes_on_where_another_left_off(three: Path, empty_database: str) -> None:
    migrate_up(empty_database, three, to=2)
    for file in three.iterdir():
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))

    assert [migration.version for migration in migrate_up(empty_database, three)] == [3]
