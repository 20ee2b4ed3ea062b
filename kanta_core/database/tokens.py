"""Tokens: whom they let in, and until when."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.access import Caller, Scope, Token

_COLUMNS = """
    t.id, t.event_id, t.scopes::text[] AS scopes, t.label, t.made_by, t.created_at, t.expires_at, t.revoked_at
"""

# The token of this hash while it is good, and every code of its event.
CALLER = f"""
    SELECT {_COLUMNS}, ARRAY(SELECT c.code FROM event_codes c WHERE c.event_id = t.event_id) AS codes
      FROM tokens t
      JOIN events e ON e.id = t.event_id AND NOT e.erasing
     WHERE t.sha256 = %(sha256)s AND t.revoked_at IS NULL AND t.expires_at > now()
"""

# One search more: `searches_until` moves on by what one takes, if that is less than the allowance ahead of now.
SEARCH = """
    UPDATE tokens
       SET searches_until = greatest(searches_until, now()) + %(each)s::interval
     WHERE id = %(id)s AND greatest(searches_until, now()) + %(each)s::interval <= now() + %(ahead)s::interval
    RETURNING id
"""

# How long until the next search of a token that has used up what it has.
SEARCH_AGAIN = """
    SELECT searches_until + %(each)s::interval - now() - %(ahead)s::interval FROM tokens WHERE id = %(id)s
"""

# The token while it is good.
GET = f"SELECT {_COLUMNS} FROM tokens t WHERE t.id = %(id)s AND t.revoked_at IS NULL AND t.expires_at > now()"

# Whether the token is good.
IS_GOOD = "SELECT FROM tokens WHERE id = %(id)s AND revoked_at IS NULL AND expires_at > now()"

INSERT = f"""
    INSERT INTO tokens AS t (event_id, sha256, scopes, label, made_by, created_at, expires_at)
    VALUES (%(event_id)s, %(sha256)s, %(scopes)s::text[]::token_scope[], %(label)s, %(made_by)s, %(created_at)s,
            %(expires_at)s)
    RETURNING {_COLUMNS}
"""

# A page of the event's tokens, newest first.
PAGE = f"""
    SELECT {_COLUMNS} FROM tokens t WHERE t.event_id = %(event_id)s
     ORDER BY t.created_at DESC, t.id LIMIT %(limit)s OFFSET %(offset)s
"""

# Revokes a token, those that its bearers made, and those made with these; what was revoked before keeps its time.
REVOKE = """
    WITH RECURSIVE going AS (
        SELECT id FROM tokens WHERE event_id = %(event_id)s AND id = %(id)s
        UNION
        SELECT t.id FROM tokens t JOIN going g ON t.event_id = %(event_id)s AND t.made_by = g.id)
    UPDATE tokens t SET revoked_at = coalesce(t.revoked_at, clock_timestamp())
      FROM going g
     WHERE t.event_id = %(event_id)s AND t.id = g.id
    RETURNING t.id
"""

# Revokes a token; those made with it go on.
REVOKE_ALONE = """
    UPDATE tokens SET revoked_at = coalesce(revoked_at, clock_timestamp())
     WHERE event_id = %(event_id)s AND id = %(id)s
"""


def _token(**row: Any) -> Token:  # noqa: ANN401 - a row of the database, typed by Token
    return Token(**{**row, "scopes": frozenset(map(Scope, row["scopes"]))})


def _caller(*, codes: list[str], **row: Any) -> Caller:  # noqa: ANN401 - the same
    return Caller(_token(**row), frozenset(codes))


def caller(connection: Connection, sha256: bytes) -> Caller | None:
    """Whom the token of this hash lets in; None when there is none, or it has expired or was revoked."""
    with connection.cursor(row_factory=kwargs_row(_caller)) as cursor:
        return cursor.execute(CALLER, {"sha256": sha256}).fetchone()


def search(connection: Connection, token_id: uuid.UUID, *, at_once: int, per_hour: int) -> timedelta | None:
    """Count one search with the token; None if it has it, else after how long it will.

    It has `at_once` of them, and one more every hour's `per_hour`-th until it has all again.
    """
    each = timedelta(hours=1) / per_hour
    values = {"id": token_id, "each": each, "ahead": each * at_once}
    if connection.execute(SEARCH, values).fetchone() is not None:
        return None
    row: tuple[timedelta] | None = connection.execute(SEARCH_AGAIN, values).fetchone()
    return row[0] if row else timedelta()


def get(connection: Connection, token_id: uuid.UUID) -> Token | None:
    """The token, as long as it lets anybody in."""
    with connection.cursor(row_factory=kwargs_row(_token)) as cursor:
        return cursor.execute(GET, {"id": token_id}).fetchone()


def is_good(connection: Connection, token_id: uuid.UUID) -> bool:
    """Whether the token lets anybody in."""
    return connection.execute(IS_GOOD, {"id": token_id}).fetchone() is not None


def insert(
    connection: Connection,
    event_id: uuid.UUID,
    sha256: bytes,
    *,
    scopes: Collection[Scope],
    label: str | None,
    made_by: uuid.UUID | None,
    created_at: datetime,
    expires_at: datetime,
) -> Token:
    """Keep a token by its hash. Runs under the event's lock."""
    values = {
        "event_id": event_id,
        "sha256": sha256,
        "scopes": sorted(map(str, scopes)),
        "label": label,
        "made_by": made_by,
        "created_at": created_at,
        "expires_at": expires_at,
    }
    with connection.cursor(row_factory=kwargs_row(_token)) as cursor:
        made = cursor.execute(INSERT, values).fetchone()
    assert made is not None
    return made


def page(connection: Connection, event_id: uuid.UUID, *, limit: int, offset: int) -> list[Token]:
    """The event's tokens, newest first, those that are no good any more among them."""
    values = {"event_id": event_id, "limit": limit, "offset": offset}
    with connection.cursor(row_factory=kwargs_row(_token)) as cursor:
        return cursor.execute(PAGE, values).fetchall()


def revoke(connection: Connection, event_id: uuid.UUID, token_id: uuid.UUID) -> bool:
    """Let nobody in with the token or with those made with it; whether there is such a token.

    Runs under the event's lock: a token that is being made is there by then, or is not made.
    """
    revoked = connection.execute(REVOKE, {"event_id": event_id, "id": token_id}).fetchall()
    return (token_id,) in revoked


def revoke_alone(connection: Connection, event_id: uuid.UUID, token_id: uuid.UUID) -> None:
    """Let nobody in with the token; those made with it go on. Runs under the event's lock."""
    connection.execute(REVOKE_ALONE, {"event_id": event_id, "id": token_id})
