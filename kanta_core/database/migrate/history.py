"""What a database remembers of the migrations applied to it, and whether that fits the files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, scalar_row

from kanta_core.database.migrate.files import Migration

# Within the transaction that records the first migration, so that racing runners don't collide.
_CREATE = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        version     int PRIMARY KEY,
        name        text NOT NULL,
        checksum    text NOT NULL,
        applied_at  timestamptz NOT NULL DEFAULT now(),
        duration_ms int NOT NULL
    )
"""
# As the statement's snapshot has it. to_regclass() may go by what this session remembers from before it had the
# runners' lock, and the first migration would be applied twice.
_EXISTS = """
    SELECT EXISTS (
        SELECT FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
         WHERE relname = 'schema_migrations' AND nspname = ANY (current_schemas(false)))
"""
_ALL = "SELECT version, name, checksum, applied_at, duration_ms FROM schema_migrations ORDER BY version"
_LATEST = "SELECT max(version) FROM schema_migrations"
_RECORD = "INSERT INTO schema_migrations (version, name, checksum, duration_ms) VALUES (%s, %s, %s, %s)"
_FORGET = "DELETE FROM schema_migrations WHERE version = %s"


@dataclass(frozen=True, slots=True)
class Applied:
    """One migration that the database remembers."""

    version: int
    name: str
    checksum: str
    applied_at: datetime
    duration_ms: int

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"


def read_history(connection: Connection[Any]) -> Sequence[Applied]:
    """Everything applied, in order; empty for a database that was never migrated."""
    if not _exists(connection):
        return []
    with connection.cursor(row_factory=class_row(Applied)) as cursor:
        return cursor.execute(_ALL).fetchall()


def applied_version(connection: Connection[Any]) -> int | None:
    """The newest version applied, or None where nothing is: to compare with `latest_version()`."""
    if not _exists(connection):
        return None
    with connection.cursor(row_factory=scalar_row) as cursor:
        version: int | None = cursor.execute(_LATEST).fetchone()
        return version


def record(connection: Connection[Any], migration: Migration, duration_ms: int) -> None:
    connection.execute(_CREATE)
    connection.execute(_RECORD, (migration.version, migration.name, migration.checksum, duration_ms))


def forget(connection: Connection[Any], migration: Migration) -> None:
    connection.execute(_FORGET, (migration.version,))


def pending(migrations: Sequence[Migration], history: Sequence[Applied]) -> Sequence[Migration]:
    """The migrations not yet applied, in order."""
    versions = {applied.version for applied in history}
    return [migration for migration in migrations if migration.version not in versions]


def conflicts(migrations: Sequence[Migration], history: Sequence[Applied]) -> Iterator[str]:
    """One sentence for each way in which the history is not a beginning of the files."""
    files = {migration.version: migration for migration in migrations}
    for applied in history:
        file = files.get(applied.version)
        if file is None:
            yield f"{applied.label} was applied, but this checkout ends at {len(migrations):04d}"
        elif file.checksum != applied.checksum:
            yield f"{file.label}.sql was edited after it was applied; put it back and write a new migration"
    newest = max((applied.version for applied in history), default=0)
    for migration in pending(migrations, history):
        if migration.version < newest:
            yield f"{migration.label} was never applied, though {newest:04d} was"


def _exists(connection: Connection[Any]) -> bool:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return bool(cursor.execute(_EXISTS).fetchone())
