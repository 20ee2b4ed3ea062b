"""One connection to the database that is to be migrated."""

from __future__ import annotations

import psycopg
from psycopg import Connection, conninfo
from psycopg.rows import TupleRow

from kanta_core.database.migrate.files import MigrationError
from kanta_core.database.url import Address, parameters, password

NAME = "kanta migrations"


def connect(database: Address) -> Connection[TupleRow]:
    """A connection in autocommit mode.

    SettingsError when the URL can't be read, SignInFailed when there is no token for it, MigrationError when it
    leads nowhere: in one line that holds nothing of the password.
    """
    known = {**parameters(database), **password(database)}
    known.setdefault("connect_timeout", 10)
    known["application_name"] = NAME
    try:
        # A transaction-level pooler in between knows no prepared statements.
        return psycopg.connect(conninfo.make_conninfo("", **known), autocommit=True, prepare_threshold=None)
    except psycopg.OperationalError as error:
        line = reason(error)
        if secret := known.get("password"):
            line = line.replace(str(secret), "…")
        raise MigrationError(line) from None


def reason(error: psycopg.Error) -> str:
    """What went wrong, in one line, without the rows or the SQL that PostgreSQL adds on further ones."""
    return error.diag.message_primary or (str(error).strip() or type(error).__name__).splitlines()[0]
