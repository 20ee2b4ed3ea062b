from __future__ import annotations

from pathlib import Path

import pytest

from kanta_core.database.migrate.files import (
    MigrationError,
    latest_version,
    read_migrations,
    write_pair,
)


def test_files_are_read_in_order_with_their_reverses(folder: Path) -> None:
    (folder / "0002_faces.sql").write_text("SELECT 2;")
    (folder / "0001_events.sql").write_text("SELECT 1;")
    (folder / "0001_events.down.sql").write_text("SELECT -1;")
    (folder / "README.md").write_text("no migration")

    first, second = read_migrations(folder)

    assert (first.version, first.name, first.sql, first.down_sql) == (1, "events", "SELECT 1;", "SELECT -1;")
    assert (second.version, second.name, second.sql, second.down_sql) == (2, "faces", "SELECT 2;", None)


def test_a_windows_checkout_has_the_same_checksum(folder: Path) -> None:
    file = folder / "0001_events.sql"
    file.write_bytes(b"CREATE TABLE a ();\nCREATE TABLE b ();\n")
    (unix,) = read_migrations(folder)
    file.write_bytes(b"CREATE TABLE a ();\r\nCREATE TABLE b ();\r\n")
    (windows,) = read_migrations(folder)

    assert windows.checksum == unix.checksum
    assert windows.sql == unix.sql


def test_any_other_change_has_another_checksum(folder: Path) -> None:
    file = folder / "0001_events.sql"
    file.write_text("CREATE TABLE a ();")
    (before,) = read_migrations(folder)
    file.write_text("CREATE TABLE a () ;")
    (after,) = read_migrations(folder)

    assert after.checksum != before.checksum


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        (["0001_a.sql", "0003_c.sql"], "0003_c.sql comes where 0002 is missing"),
        (["0002_b.sql"], "0002_b.sql comes where 0001 is missing"),
        (["0000_a.sql"], "0000_a.sql comes where 0001 is missing"),
        (["0001_a.sql", "0001_b.sql"], "0001_a.sql and 0001_b.sql have the same number"),
        (["0001_a.sql", "0001_b.down.sql"], "0001_b.down.sql reverses nothing"),
        (["0001_a.sql", "2_b.sql"], "2_b.sql is no name of a migration"),
        (["0001-a.sql"], "0001-a.sql is no name of a migration"),
        (["0001_A.sql"], "0001_A.sql is no name of a migration"),
    ],
)
def test_a_folder_that_is_not_1_2_3_is_refused(folder: Path, names: list[str], reason: str) -> None:
    for name in names:
        (folder / name).write_text("SELECT 1;")

    with pytest.raises(MigrationError, match=reason):
        read_migrations(folder)


def test_a_missing_folder_is_refused(folder: Path) -> None:
    with pytest.raises(MigrationError, match="there is no folder"):
        read_migrations(folder / "nowhere")


def test_a_file_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "0001_a.sql").write_bytes("-- café".encode("latin-1"))

    with pytest.raises(MigrationError, match=r"0001_a\.sql is not UTF-8"):
        read_migrations(folder)


@pytest.mark.parametrize("sql", ["BEGIN; SELECT 1;", "SELECT 1;\ncommit;", "SELECT 1; -- x\nRollback ;"])
def test_a_file_that_ends_its_transaction_itself_is_refused(folder: Path, sql: str) -> None:
    (folder / "0001_a.sql").write_text(sql)

    with pytest.raises(MigrationError, match="the runner makes a file one transaction"):
        read_migrations(folder)


@pytest.mark.parametrize(
    "sql",
    [
        "DO $$ BEGIN; COMMIT; END $$;",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; END;",
        "-- ;commit;\nSELECT ';commit;';",
        "/* ;\nrollback; */ SELECT 1;",
        'SELECT 1 AS ";begin";',
    ],
)
def test_such_words_inside_bodies_strings_and_comments_are_fine(folder: Path, sql: str) -> None:
    (folder / "0001_a.sql").write_text(sql)

    assert len(read_migrations(folder)) == 1


def test_a_new_pair_takes_the_next_number_and_is_readable(folder: Path) -> None:
    (folder / "0001_events.sql").write_text("SELECT 1;")

    up, down = write_pair("guest_links", folder)

    assert (up.name, down.name) == ("0002_guest_links.sql", "0002_guest_links.down.sql")
    assert all(file.read_text().startswith("-- ") for file in (up, down))
    assert [migration.label for migration in read_migrations(folder)] == ["0001_events", "0002_guest_links"]


@pytest.mark.parametrize("name", ["", "Guests", "guest links", "guest-links", "_guests", "a__b", "../a", "é"])
def test_a_new_name_that_is_no_slug_is_refused_and_writes_nothing(folder: Path, name: str) -> None:
    with pytest.raises(MigrationError, match="no name for a migration"):
        write_pair(name, folder)

    assert list(folder.iterdir()) == []


def test_the_latest_version_is_the_newest_file_of_the_checkout() -> None:
    assert latest_version() == read_migrations()[-1].version
