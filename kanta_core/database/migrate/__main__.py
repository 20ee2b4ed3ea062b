"""`python -m kanta_core.database.migrate`: brings a database's schema to where the code needs it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path

import psycopg

from kanta_core.database.migrate.connection import connect, reason
from kanta_core.database.migrate.files import MIGRATIONS, Migration, read_migrations, write_pair
from kanta_core.database.migrate.history import Applied, conflicts, pending, read_history
from kanta_core.database.migrate.runner import PATIENCE, migrate_down, migrate_up
from kanta_core.database.url import Address, address_of
from kanta_core.errors import KantaError
from kanta_core.identity import Identity
from kanta_core.settings import DatabaseSettings, load

_ROW = "{:<9}{:<40}{:<12}{}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; 0 when it did its work, 1 with one line on stderr when it could not."""
    options = _parser().parse_args(arguments)
    try:
        return int(_COMMANDS[options.command](options))
    except KantaError as error:
        line = error.message
    except psycopg.Error as error:
        line = reason(error)
    sys.stderr.write(f"migrate {options.command}: {line}\n")
    return 1


def _up(options: argparse.Namespace) -> int:
    applied = migrate_up(_database(), options.folder, to=options.to, patience=options.wait)
    _say(f"applied {migration.label}" for migration in applied)
    if not applied:
        _say(["nothing to apply"])
    return 0


def _down(options: argparse.Namespace) -> int:
    reverted = migrate_down(_database(), options.folder, to=options.to, patience=options.wait)
    _say(f"reverted {migration.label}" for migration in reverted)
    if not reverted:
        _say(["nothing to revert"])
    return 0


def _status(options: argparse.Namespace) -> int:
    migrations, history = _both(options.folder)
    applied = {entry.version: entry for entry in history}
    files = {migration.version: migration for migration in migrations}
    _say([_ROW.format("version", "name", "state", "when")])
    for version in sorted(applied.keys() | files.keys()):
        entry, file = applied.get(version), files.get(version)
        if entry is None:
            state = "pending"
        elif file is None:
            state = "unknown"
        else:
            state = "applied" if file.checksum == entry.checksum else "edited"
        name = entry.name if entry else files[version].name
        _say([_ROW.format(f"{version:04d}", name, state, _when(entry) if entry else "").rstrip()])
    return 0


def _verify(options: argparse.Namespace) -> int:
    migrations, history = _both(options.folder)
    wrong = [*conflicts(migrations, history)]
    wrong += [f"{migration.label} is pending" for migration in pending(migrations, history)]
    _say(wrong or [f"the database is at {len(history):04d}, as this checkout needs it"])
    return 1 if wrong else 0


def _history(options: argparse.Namespace) -> int:
    _, history = _both(options.folder)
    _say([_ROW.format("version", "name", "took", "when")])
    _say(_ROW.format(f"{e.version:04d}", e.name, f"{e.duration_ms} ms", _when(e)) for e in history)
    return 0


def _new(options: argparse.Namespace) -> int:
    _say(f"wrote {path}" for path in write_pair(options.name, options.folder))
    return 0


_COMMANDS = {
    "up": _up,
    "status": _status,
    "verify": _verify,
    "history": _history,
    "new": _new,
    "down": _down,
}


def _both(folder: Path) -> tuple[Sequence[Migration], Sequence[Applied]]:
    migrations = read_migrations(folder)
    with closing(connect(_database())) as connection:
        return migrations, read_history(connection)


def _database() -> Address:
    settings = load(DatabaseSettings)
    return address_of(settings, Identity(settings.azure_client_id))


def _when(entry: Applied) -> str:
    return entry.applied_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kanta_core.database.migrate",
        description="Migrates the database of KANTA_DATABASE_URL, or of the POSTGRES_ variables.",
    )
    parser.add_argument("--folder", type=Path, default=MIGRATIONS, help="where the SQL is (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    up = commands.add_parser("up", help="applies what is pending, in order")
    down = commands.add_parser("down", help="reverts the newest migration, and what it stored is gone")
    for command, rest in (
        (up, "up to and with version N"),
        (down, "all above version N; 0 is all there are"),
    ):
        command.add_argument("--to", type=int, metavar="N", help=rest)
        command.add_argument(
            "--wait",
            type=float,
            default=PATIENCE,
            metavar="SECONDS",
            help="how long to wait for another runner or a table in use (default: %(default)g)",
        )
    commands.add_parser("status", help="lists every migration as applied or pending")
    commands.add_parser("verify", help="fails, and says why, unless the database is what this checkout needs")
    commands.add_parser("history", help="lists what was applied, when, and how long it took")
    commands.add_parser("new", help="writes the next two files").add_argument("name", help="such as guest_links")
    return parser


if __name__ == "__main__":
    sys.exit(main())
