"""A database for each test: one that another test has used and left empty again, or else a new one.

To make one takes a third of a second, to empty one some milliseconds.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

# Every change of a schema, and of its history, writes a row of one of these anew.
_CATALOGUES = (
    "pg_attrdef",
    "pg_attribute",
    "pg_class",
    "pg_constraint",
    "pg_index",
    "pg_namespace",
    "pg_proc",
    "pg_rewrite",
    "pg_trigger",
    "pg_type",
    "schema_migrations",
)
_SCHEMA = " UNION ALL ".join(f"SELECT count(*), sum(xmin::text::bigint) FROM {each}" for each in _CATALOGUES)

# Deleted rows stay in their files until they are vacuumed, and are read past.
_MOST_BYTES_LEFT = 3_000_000

_TABLES = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
       AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'"""
_SEQUENCES = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
_END_OTHERS = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
     WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@dataclass(frozen=True)
class _Used:
    """A migrated database, and a session that stays in it while tests come and go."""

    name: str
    session: psycopg.Connection[tuple[Any, ...]]
    schema: list[tuple[Any, ...]]
    size: int

    def empty(self) -> bool:
        """Leave it as it was made; False where more than its rows has changed."""
        try:
            self.session.execute(_END_OTHERS)
            if self.session.execute(_SCHEMA).fetchall() != self.schema:
                return False
            if size(self.session) > self.size + _MOST_BYTES_LEFT:
                return False
            tables = [sql.Identifier(str(name)) for (name,) in self.session.execute(_TABLES)]
            deletes = sql.SQL(";").join(sql.SQL("DELETE FROM {}").format(table) for table in tables)
            # Neither foreign keys nor triggers have a say: every row goes.
            self.session.execute("SET session_replication_role = replica")
            self.session.execute(deletes)
            self.session.execute("SET session_replication_role = DEFAULT")
            self.session.execute(_SEQUENCES)
        except psycopg.Error:
            return False
        return True


def size(session: psycopg.Connection[tuple[Any, ...]]) -> int:
    found = session.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found is not None
    return int(found[0])


class Databases:
    """The databases of one server."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._numbers = itertools.count(1)
        self._ready: list[_Used] = []

    @contextmanager
    def new(self) -> Iterator[str]:
        """The URL of a database with nothing in it."""
        name = self._create(template=None)
        try:
            yield self._url(name)
        finally:
            self._drop(name)

    @contextmanager
    def like(self, template: str) -> Iterator[str]:
        """The URL of a database with the schema of the one at `template` and no rows."""
        its = self._ready.pop() if self._ready else self._migrated(template)
        try:
            yield self._url(its.name)
        finally:
            if its.empty():
                self._ready.append(its)
            else:
                its.session.close()
                self._drop(its.name)

    def close(self) -> None:
        for its in self._ready:
            its.session.close()

    def _migrated(self, template: str) -> _Used:
        name = self._create(template=urlsplit(template).path.removeprefix("/"))
        session = psycopg.connect(self._url(name), autocommit=True)
        return _Used(name, session, session.execute(_SCHEMA).fetchall(), size(session))

    def _create(self, *, template: str | None) -> str:
        name = f"test_{next(self._numbers)}"
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            create += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        with psycopg.connect(self._server_url, autocommit=True) as admin:
            admin.execute(create)
        return name

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as admin:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{name}"))
