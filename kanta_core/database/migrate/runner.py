"""Applies and reverts migrations: each once, whole or not at all, however many runners there are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import Connection
from psycopg.errors import DeadlockDetected, LockNotAvailable
from psycopg.rows import TupleRow

from kanta_core.database.migrate.connection import connect, reason
from kanta_core.database.migrate.files import MIGRATIONS, Migration, MigrationError, read_migrations
from kanta_core.database.migrate.history import Applied, conflicts, forget, pending, read_history, record
from kanta_core.database.url import Address

# How long a runner waits, in seconds, for another runner or for a table that the application uses.
PATIENCE = 300.0
_POLL = 0.1
# "kanta" in ASCII: the advisory lock that the runners of one database share.
_LOCK_KEY = 0x6B616E7461

# Whoever waits for a table's lock keeps all later readers of it waiting: give up soon, and try again.
# The server must notice that a runner was killed, or its statement and the lock would outlive it.
_LIMITS = """
    SET LOCAL lock_timeout = '2s';
    SET LOCAL statement_timeout = '15min';
    SET LOCAL client_connection_check_interval = '1s';
"""
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(%s)"
_HOLDER = """
    SELECT concat('the runner with pid ', pid, ', at work since ', xact_start)
    FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND datname = current_database()
      AND classid::bigint << 32 | objid::bigint = %s
"""

_Choice = Callable[[Sequence[Applied]], Migration | None]
_Step = Callable[[Connection[TupleRow], Migration], None]


class _BusyError(Exception):
    """The step can't be made yet; the message says who is in the way."""


def migrate_up(
    database: Address, folder: Path = MIGRATIONS, *, to: int | None = None, patience: float = PATIENCE
) -> Sequence[Migration]:
    """Applies what is pending, up to version `to`, and returns what this call applied.

    Safe to call from any number of processes at once, and while the application runs. Raises MigrationError,
    with every file before it applied, when a file fails, when the history does not fit the files, or when
    another runner or a table in use kept it waiting for `patience` seconds.
    """
    migrations = read_migrations(folder)
    target = _target(to, migrations, otherwise=len(migrations))

    def next_pending(history: Sequence[Applied]) -> Migration | None:
        _check(migrations, history)
        return next((m for m in pending(migrations, history) if m.version <= target), None)

    def apply(connection: Connection[TupleRow], migration: Migration) -> None:
        started = time.monotonic()
        _execute(connection, f"{migration.label}.sql", migration.sql)
        record(connection, migration, round((time.monotonic() - started) * 1000))

    return _run(database, next_pending, apply, patience)


def migrate_down(
    database: Address, folder: Path = MIGRATIONS, *, to: int | None = None, patience: float = PATIENCE
) -> Sequence[Migration]:
    """Reverts the newest migration, or all above version `to`, newest first, and returns what it reverted.

    Raises as `migrate_up` does; when one of the reverses is missing, before anything is reverted.
    """
    migrations = read_migrations(folder)
    with closing(connect(database)) as connection:
        target = _target(to, migrations, otherwise=max(len(read_history(connection)) - 1, 0))

    def newest_applied(history: Sequence[Applied]) -> Migration | None:
        _check(migrations, history)
        doomed = migrations[target : len(history)]
        for migration in doomed:
            if migration.down_sql is None:
                raise MigrationError(f"{migration.label}.down.sql is missing")
        return doomed[-1] if doomed else None

    def revert(connection: Connection[TupleRow], migration: Migration) -> None:
        _execute(connection, f"{migration.label}.down.sql", migration.down_sql or "")
        forget(connection, migration)

    return _run(database, newest_applied, revert, patience)


def _run(database: Address, choose: _Choice, step: _Step, patience: float) -> Sequence[Migration]:
    done: list[Migration] = []
    with closing(connect(database)) as connection:
        history = read_history(connection)
        deadline = time.monotonic() + patience
        while choose(history) is not None:
            try:
                made = _attempt(connection, choose, step)
            except _BusyError as busy:
                if time.monotonic() > deadline:
                    raise MigrationError(f"waited {patience:g} s for {busy}") from None
                time.sleep(_POLL)
            else:
                done += made
            before, history = history, read_history(connection)
            if history != before:
                deadline = time.monotonic() + patience
    return done


def _attempt(connection: Connection[TupleRow], choose: _Choice, step: _Step) -> Sequence[Migration]:
    """One step in one transaction; none when another runner made it first."""
    try:
        with connection.transaction():
            connection.execute(_LIMITS)
            if connection.execute(_TRY_LOCK, (_LOCK_KEY,)).fetchone() != (True,):
                holder = connection.execute(_HOLDER, (_LOCK_KEY,)).fetchone()
                raise _BusyError(holder[0] if holder else "another runner")
            # Only under the lock does the history stand still.
            migration = choose(read_history(connection))
            if migration is None:
                return []
            step(connection, migration)
    except (LockNotAvailable, DeadlockDetected) as error:
        raise _BusyError(f"a table that is in use ({error.diag.message_primary})") from error
    return [migration]


def _execute(connection: Connection[TupleRow], file: str, sql: str) -> None:
    try:
        connection.execute(sql.encode())
        # What is deferred to the commit fails here, where its file is known.
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except (LockNotAvailable, DeadlockDetected):
        raise
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = f" line {sql.count(chr(10), 0, int(position)) + 1}" if position else ""
        raise MigrationError(f"{file}{line}: {reason(error)}; nothing of the file was kept") from error


def _check(migrations: Sequence[Migration], history: Sequence[Applied]) -> None:
    if conflict := next(conflicts(migrations, history), None):
        raise MigrationError(conflict)


def _target(to: int | None, migrations: Sequence[Migration], *, otherwise: int) -> int:
    if to is None:
        return otherwise
    if not 0 <= to <= len(migrations):
        raise MigrationError(f"there is no version {to}: this checkout has 0 to {len(migrations)}")
    return to
