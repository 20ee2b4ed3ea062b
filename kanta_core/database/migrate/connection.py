"""One connection to the database that is to be migrated."""

from __future__ import annotations

import psycopg
from psycopg import Connection, conninfo
from psycopg.rows import TupleRow

from kanta_core.database.migrate.files import MigrationError

NAME = "kanta migrations"


def connect(database_url: str) -> Connection[TupleRow]:
    """A connection in autocommit mode.

    MigrationError when there is none, in one line that holds nothing of the password, however the URL is
    misspelt.
    """
    try:
        known = conninfo.conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        raise MigrationError("the database's URL can't be read") from None  # libpq's message quotes it
    # A password with a bare @, : or / makes its own rest the host or the port, which errors would quote.
    if "@" in str(known.get("host", "")) or not str(known.get("port", "0")).replace(",", "").isdigit():
        raise MigrationError("the database's URL can't be read; write a password's @ : / as %40 %3A %2F")
    known.setdefault("connect_timeout", 10)
    known["application_name"] = NAME
    try:
        # A transaction-level pooler in between knows no prepared statements.
        return psycopg.connect(conninfo.make_conninfo("", **known), autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as error:
        line = reason(error)
        if password := known.get("password"):
            line = line.replace(str(password), "…")
        raise MigrationError(line) from None


def reason(error: psycopg.Error) -> str:
    """What went wrong, in one line, without the rows or the SQL that PostgreSQL adds on further ones."""
    return error.diag.message_primary or (str(error).strip() or type(error).__name__).splitlines()[0]
