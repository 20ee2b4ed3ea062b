"""The database's URL, read before anything that would quote a misspelt one in an error or a log."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import conninfo

from kanta_core.errors import SettingsError


def parameters(database_url: str) -> dict[str, Any]:
    """What the URL says, by libpq's names; SettingsError, which holds nothing of it, when it can't be read."""
    try:
        known = conninfo.conninfo_to_dict(database_url)
    except psycopg.ProgrammingError:
        raise SettingsError("The database's URL can't be read.") from None  # libpq's message quotes it
    # A password with a bare @, : or / makes its own rest the host or the port, which errors would quote.
    if "@" in str(known.get("host", "")) or not str(known.get("port", "0")).replace(",", "").isdigit():
        raise SettingsError("The database's URL can't be read; write a password's @ : / as %40 %3A %2F.")
    return known
