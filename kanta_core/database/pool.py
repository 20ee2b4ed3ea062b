"""Connections to PostgreSQL, and what its failures mean to Kanta."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import errors
from psycopg.types import TypeInfo
from psycopg_pool import ConnectionPool, PoolTimeout

from kanta_core.database.url import Address, parameters, password
from kanta_core.errors import DatabaseUnavailable, SchemaOutdated, SignInFailed

Connection = psycopg.Connection[Any]

# Long enough for the largest statement (reading an event's embeddings), short enough to free a stuck worker.
_STATEMENT_TIMEOUT_MS = 60_000
# How long a request waits for a connection before it answers that the database is down.
_CHECKOUT_SECONDS = 5.0
# How long the pool goes on by itself, waiting longer every time; whoever asks next starts it anew.
_RECONNECT_SECONDS = 5.0


def _know_vectors(connection: Connection) -> None:
    # Before the first migration there is no such type; health says so better than an error here.
    if TypeInfo.fetch(connection, "vector") is not None:
        register_vector(connection)
    connection.commit()


class Database:
    """A pool of connections, opened on first use.

    Statements are prepared on their sixth use, unless there is a `pooler`: that gives every transaction another
    session. A checkout is checked (0.05 ms), so that a restart of the server costs nobody an error. SettingsError
    for a URL that can't be read.
    """

    def __init__(self, address: Address, *, size: int, pooler: bool = False) -> None:
        self._address = address
        self._signed_out = False
        self._parameters = {
            **parameters(address),
            "connect_timeout": 5,
            "application_name": "kanta",
            # Planning is more than half of what these statements cost the server.
            "prepare_threshold": None if pooler else 5,
        }
        if not pooler:
            # A pooler takes no such options; behind one they are the server's own parameters.
            self._parameters["options"] = (
                f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} -c timezone=UTC -c jit=off"
            )
        self._pool = ConnectionPool(
            min_size=0,
            max_size=size,
            max_idle=120,
            open=False,
            reconnect_timeout=_RECONNECT_SECONDS,
            check=self._check,
            configure=_know_vectors,
            kwargs=self._to_connect,
        )

    def _to_connect(self) -> dict[str, Any]:
        """What the pool opens the next connection with. An error goes to its log and makes it try again."""
        try:
            opened = {**self._parameters, **password(self._address)}
        except SignInFailed:
            self._signed_out = True
            raise
        self._signed_out = False
        return opened

    def _check(self, connection: Connection) -> None:
        try:
            ConnectionPool.check_connection(connection)
        except psycopg.OperationalError:
            # The others were cut off with it; found out one by one they would use up the time of a checkout.
            self._pool.check()
            raise

    @contextmanager
    def transaction(self, *, within: float = _CHECKOUT_SECONDS) -> Iterator[Connection]:
        """One transaction, committed at the end of the block, rolled back by an exception.

        Raises DatabaseUnavailable for what may be better in a moment, also when no connection is to be had
        `within` so many seconds; SchemaOutdated for a schema that the code doesn't know.
        """
        try:
            self._pool.open(wait=False)
            with self._pool.connection(timeout=within) as connection:
                yield connection
        except PoolTimeout as error:
            raise DatabaseUnavailable(SignInFailed().message if self._signed_out else None) from error
        except psycopg.OperationalError as error:
            raise DatabaseUnavailable from error
        except (errors.UndefinedTable, errors.UndefinedColumn, errors.UndefinedObject) as error:
            raise SchemaOutdated from error

    def close(self) -> None:
        """Close every connection; the pool can't be used again."""
        self._pool.close(timeout=5)
