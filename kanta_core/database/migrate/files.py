"""The numbered SQL files: reading them, and what a good folder of them looks like.

`NNNN_name.sql` changes the schema, `NNNN_name.down.sql` is its reverse. A file is one transaction, which the
runner opens and commits.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from kanta_core.errors import KantaError

MIGRATIONS = Path(__file__).resolve().parents[3] / "migrations"

_SLUG = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*")
_FILE = re.compile(rf"(?P<version>\d{{4}})_(?P<name>{_SLUG.pattern})(?P<down>\.down)?\.sql")
# Comments, strings and quoted bodies, where a word is no statement.
_NO_STATEMENT = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'|\"[^\"]*\"|(\$\w*\$).*?\1", re.DOTALL)
_TRANSACTION = re.compile(r"(?:^|;)\s*(begin|start\s+transaction|commit|rollback|abort)\b", re.IGNORECASE)


class MigrationError(KantaError):
    """The migrations can't go on."""

    slug = "migration"


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered change of the schema. `down_sql` is None where the reverse was never written."""

    version: int
    name: str
    sql: str
    down_sql: str | None

    @property
    def label(self) -> str:
        return f"{self.version:04d}_{self.name}"

    @property
    def checksum(self) -> str:
        """SHA-256, in hex, of the file with Unix line ends: the same on every checkout."""
        return sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = MIGRATIONS) -> Sequence[Migration]:
    """The folder's migrations in order, numbered 1, 2, 3, ….

    Raises MigrationError for a gap, a number used twice, a reverse without its migration, a wrong file name,
    and one that begins or ends a transaction itself.
    """
    if not folder.is_dir():
        raise MigrationError(f"there is no folder {folder}")
    forward: dict[str, str] = {}
    reverse: dict[str, str] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _FILE.fullmatch(path.name)
        if match is None:
            raise MigrationError(f"{path.name} is no name of a migration: NNNN_name.sql or NNNN_name.down.sql")
        label = f"{match['version']}_{match['name']}"
        (reverse if match["down"] else forward)[label] = _read(path)
    for label in sorted(reverse.keys() - forward.keys()):
        raise MigrationError(f"{label}.down.sql reverses nothing: {label}.sql is missing")
    migrations = [
        Migration(int(label[:4]), label[5:], sql, reverse.get(label)) for label, sql in sorted(forward.items())
    ]
    _check_numbers(migrations)
    return migrations


@cache
def latest_version() -> int:
    """The version this checkout's code needs; 0 while there are no migrations."""
    return len(read_migrations())


def write_pair(name: str, folder: Path = MIGRATIONS) -> tuple[Path, Path]:
    """Writes the next number's two files, with nothing in them but a header, and returns their paths."""
    if _SLUG.fullmatch(name) is None:
        raise MigrationError(f"{name!r} is no name for a migration: a-z, 0-9 and single _ between them")
    label = f"{len(read_migrations(folder)) + 1:04d}_{name}"
    up, down = folder / f"{label}.sql", folder / f"{label}.down.sql"
    up.write_text("-- What changes, in one sentence.\n", encoding="utf-8", newline="\n")
    down.write_text(f"-- Takes back all that {up.name} did.\n", encoding="utf-8", newline="\n")
    return up, down


def _read(path: Path) -> str:
    try:
        sql = path.read_text(encoding="utf-8")  # makes every line end \n
    except UnicodeDecodeError as error:
        raise MigrationError(f"{path.name} is not UTF-8: {error}") from error
    if found := _TRANSACTION.search(_NO_STATEMENT.sub(" ", sql)):
        raise MigrationError(f"{path.name} says {found[1].upper()}, but the runner makes a file one transaction")
    return sql


def _check_numbers(migrations: Sequence[Migration]) -> None:
    for expected, migration in enumerate(migrations, start=1):
        if migration.version < expected and expected > 1:
            twin = migrations[expected - 2]
            raise MigrationError(f"{twin.label}.sql and {migration.label}.sql have the same number")
        if migration.version != expected:
            raise MigrationError(f"{migration.label}.sql comes where {expected:04d} is missing")
