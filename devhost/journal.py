"""What the blob triggers have seen and still have to do, in one SQLite file that survives SIGKILL.

A receipt per function and blob holds the ETag that was queued last, so one version is queued once. A work row
lives from the scan that found the blob until its function succeeded or it was poisoned.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devhost.preflight import StartupError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    function TEXT, source TEXT, name TEXT, etag TEXT NOT NULL,
    PRIMARY KEY (function, source, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS work (
    id INTEGER PRIMARY KEY,
    function TEXT NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL, etag TEXT NOT NULL, blob_type TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    held INTEGER NOT NULL DEFAULT 0, -- 1 while it is run, and while the app lacks its function
    UNIQUE (function, source, name)
);
CREATE INDEX IF NOT EXISTS waiting ON work (id) WHERE NOT held;
CREATE TABLE IF NOT EXISTS timer (function TEXT PRIMARY KEY, due REAL NOT NULL) WITHOUT ROWID;
CREATE TEMPORARY TABLE listed (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TEMPORARY TABLE page (name TEXT, etag TEXT, blob_type TEXT);
"""

_FORGET_GONE = (
    "DELETE FROM receipt WHERE source = ? AND name NOT IN (SELECT name FROM listed)",
    "DELETE FROM work WHERE source = ? AND name NOT IN (SELECT name FROM listed) AND NOT held",
)

Takes = Callable[[str], object]


@dataclass(frozen=True)
class ListedBlob:
    """One blob as its container's listing shows it."""

    name: str
    etag: str
    blob_type: str


@dataclass(frozen=True)
class Work:
    """One blob to be handed to one function; `tries` counts the present one."""

    id: int
    function: str
    source: str
    name: str
    etag: str
    blob_type: str
    tries: int

    @property
    def container(self) -> str:
        """The blob's container: a source is a connection setting and a container."""
        return self.source.partition("/")[2]


class Journal:
    """The journal in `path`. Every change is on disk when its method returns, though not yet fsynced."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        try:
            for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "temp_store = MEMORY"):
                self._db.execute(f"PRAGMA {pragma}")
            self._db.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise StartupError(f"{path}: {error}; remove it, and every blob is delivered again") from error

    def close(self) -> None:
        """Closes the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, functions: Iterable[str]) -> int:
        """Lets what earlier runs left undone for `functions` wait again; how much that is.

        A try that a killed host was cut off in still counts.
        """
        self._db.execute(
            "UPDATE work SET held = function NOT IN (SELECT value FROM json_each(?))", [json.dumps([*functions])]
        )
        return self.waiting()

    def waiting(self) -> int:
        """How much work waits for a worker."""
        (count,) = self._db.execute("SELECT count(*) FROM work WHERE NOT held").fetchone()
        return int(count)

    def begin_listing(self) -> None:
        """Forgets what the last listing showed."""
        self._db.execute("DELETE FROM listed")

    def add_page(self, source: str, page: Iterable[ListedBlob], functions: Iterable[tuple[str, Takes]]) -> int:
        """Queues the page's new and changed blobs for each function that takes their names; how many."""
        with self._transaction():
            self._db.execute("DELETE FROM page")
            rows = ((blob.name, blob.etag, blob.blob_type) for blob in page)
            self._db.executemany("INSERT INTO page VALUES (?, ?, ?)", rows)
            # A container that changes while it is listed may show a blob twice.
            self._db.execute("INSERT OR IGNORE INTO listed SELECT name FROM page")
            return sum(self._queue(source, function, takes) for function, takes in functions)

    def end_listing(self, source: str) -> None:
        """After a listing's last page: forgets the receipts and the waiting work of blobs that are gone."""
        with self._transaction():
            for statement in _FORGET_GONE:
                self._db.execute(statement, [source])

    def take(self) -> Work | None:
        """The oldest waiting work, held from now on, its try counted."""
        row = self._db.execute(
            """
            UPDATE work SET held = 1, tries = tries + 1
            WHERE id = (SELECT id FROM work WHERE NOT held ORDER BY id LIMIT 1)
            RETURNING id, function, source, name, etag, blob_type, tries
            """
        ).fetchall()
        return Work(*row[0]) if row else None

    def done(self, work: Work) -> None:
        """Forgets `work`; if its blob changed meanwhile, the new version waits."""
        removed = self._db.execute("DELETE FROM work WHERE id = ? AND etag = ?", [work.id, work.etag])
        if not removed.rowcount:
            self._db.execute("UPDATE work SET held = 0 WHERE id = ?", [work.id])

    def again(self, work: Work, *, tries: int) -> None:
        """Lets `work` wait again, with `tries` tries behind it."""
        self._db.execute(
            "UPDATE work SET held = 0, tries = iif(etag = ?, ?, 0) WHERE id = ?", [work.etag, tries, work.id]
        )

    def due(self, function: str) -> float | None:
        """When a timer was to fire next, in Unix time, by what `set_due` kept."""
        row = self._db.execute("SELECT due FROM timer WHERE function = ?", [function]).fetchone()
        return float(row[0]) if row else None

    def set_due(self, function: str, due: float) -> None:
        """Keeps when a timer is to fire next."""
        self._db.execute("INSERT OR REPLACE INTO timer VALUES (?, ?)", [function, due])

    def _queue(self, source: str, function: str, takes: Takes) -> int:
        new = self._db.execute(
            """
            SELECT page.name, page.etag, page.blob_type FROM page LEFT JOIN receipt
            ON receipt.function = ? AND receipt.source = ? AND receipt.name = page.name
            WHERE receipt.etag IS NOT page.etag
            """,
            [function, source],
        ).fetchall()
        rows = [(function, source, *blob) for blob in new if takes(blob[0])]
        self._db.executemany("INSERT OR REPLACE INTO receipt VALUES (?, ?, ?, ?)", [row[:4] for row in rows])
        self._db.executemany(
            """
            INSERT INTO work (function, source, name, etag, blob_type) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET etag = excluded.etag, blob_type = excluded.blob_type, tries = 0
            """,
            rows,
        )
        return len(rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
