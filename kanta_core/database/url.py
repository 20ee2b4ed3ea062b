"""The database's address, read before anything that would quote a misspelt one in an error or a log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from psycopg import conninfo

from kanta_core.errors import SettingsError
from kanta_core.identity import Identity
from kanta_core.settings import DatabaseSettings

# What Azure's PostgreSQL takes for a password.
_SCOPE = "https://ossrdbms-aad.database.windows.net/.default"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A database that an identity opens: its URL without a password, and what gives the next connection's."""

    url: str
    token: Callable[[], str]


# A URL, which holds the password if there is one, or who signs in where.
Address = str | SignedIn


def address_of(settings: DatabaseSettings, identity: Identity) -> Address:
    """The database these settings name, and what opens it. Nothing is connected, and nobody signed in."""
    if settings.database_sign_in == "identity":
        return SignedIn(settings.database_url, partial(identity.token, _SCOPE))
    return settings.database_url


def parameters(address: Address) -> dict[str, Any]:
    """What the URL says, by libpq's names; SettingsError, which holds nothing of it, when it can't be read."""
    try:
        known = conninfo.conninfo_to_dict(address if isinstance(address, str) else address.url)
    except psycopg.ProgrammingError:
        raise SettingsError("The database's URL can't be read.") from None  # libpq's message quotes it
    # A password with a bare @, : or / makes its own rest the host or the port, which errors would quote.
    if "@" in str(known.get("host", "")) or not str(known.get("port", "0")).replace(",", "").isdigit():
        raise SettingsError("The database's URL can't be read; write a password's @ : / as %40 %3A %2F.")
    return known


def password(address: Address) -> dict[str, str]:
    """What the next connection needs besides: nothing, or a token that is good now; SignInFailed."""
    return {} if isinstance(address, str) else {"password": address.token()}
