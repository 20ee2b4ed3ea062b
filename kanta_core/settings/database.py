"""Where the database is, and what opens it."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote, urlencode

from pydantic import AliasChoices, Field, SecretStr, model_validator

from kanta_core.errors import SettingsError
from kanta_core.settings.identity import IdentitySettings

_VERIFIED = "verify-full"
# What libpq takes the system's roots from, if not from a file.
_OPENSSLS_OWN = "system"
# As the systems' own programs write it beside the single certificates.
_BUNDLE = "ca-certificates.crt"


class DatabaseSettings(IdentitySettings):
    """Where the database is: all that the migrations need."""

    database_url_given: SecretStr | None = Field(default=None, validation_alias=AliasChoices("KANTA_DATABASE_URL"))
    postgres_server: str | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_SERVER"))
    postgres_port: int = Field(default=5432, ge=1, le=65535, validation_alias=AliasChoices("POSTGRES_PORT"))
    postgres_user: str | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_USER"))
    postgres_password: SecretStr | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_PASSWORD"))
    postgres_db: str = Field(default="kanta", validation_alias=AliasChoices("POSTGRES_DB"))
    # libpq's word for how connections are encrypted. Left out: libpq's default, with an identity the strictest.
    postgres_sslmode: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] | None = Field(
        default=None, validation_alias=AliasChoices("POSTGRES_SSLMODE")
    )
    # Whether a password opens the database or a token of Kanta's identity, a fresh one for each connection.
    database_sign_in: Literal["password", "identity"] = "password"

    @model_validator(mode="after")
    def _one_sign_in(self) -> Self:
        if self.database_url_given is not None and self.postgres_sslmode is not None:
            raise SettingsError(
                "POSTGRES_SSLMODE has no say over KANTA_DATABASE_URL: write ?sslmode=… into the URL, or give the "
                "database by POSTGRES_SERVER and POSTGRES_USER."
            )
        if self.database_sign_in == "identity":
            if self.database_url_given is not None or self.postgres_password is not None:
                raise SettingsError(
                    "KANTA_DATABASE_SIGN_IN=identity takes no password: leave out KANTA_DATABASE_URL and "
                    "POSTGRES_PASSWORD, and give the database by POSTGRES_SERVER and POSTGRES_USER."
                )
            if self.postgres_sslmode not in (None, _VERIFIED):
                raise SettingsError(
                    f"KANTA_DATABASE_SIGN_IN=identity gives its token to nobody but the server itself: set "
                    f"POSTGRES_SSLMODE={_VERIFIED}, or leave it out."
                )
        return self

    @property
    def database_url(self) -> str:
        """The libpq URL of the database; SettingsError when it is nowhere given.

        Of an identity it holds no token: that is the password of one connection only.
        """
        if self.database_url_given is not None:
            return self.database_url_given.get_secret_value()
        if not (self.postgres_server and self.postgres_user):
            raise SettingsError(
                "The database is nowhere given: set KANTA_DATABASE_URL, or POSTGRES_SERVER and POSTGRES_USER "
                "(and POSTGRES_PASSWORD, POSTGRES_PORT, POSTGRES_DB)."
            )
        password = self.postgres_password.get_secret_value() if self.postgres_password else ""
        user = quote(self.postgres_user, safe="") + (f":{quote(password, safe='')}" if password else "")
        database = quote(self.postgres_db, safe="")
        address = f"postgresql://{user}@{self.postgres_server}:{self.postgres_port}/{database}"
        return f"{address}?{urlencode(encryption)}" if (encryption := self._encryption()) else address

    def _encryption(self) -> dict[str, str]:
        mode = self.postgres_sslmode or (_VERIFIED if self.database_sign_in == "identity" else None)
        if mode is None:
            return {}
        # What PGSSLROOTCERT names is libpq's own to find, and so are a user's own roots; Azure's are others.
        found = os.environ.get("PGSSLROOTCERT") or (self.database_sign_in == "password" and _user_has_roots())
        if mode != _VERIFIED or found:
            return {"sslmode": mode}
        return {"sslmode": mode, "sslrootcert": _systems_roots()}


def _user_has_roots() -> bool:
    try:
        return (Path.home() / ".postgresql" / "root.crt").is_file()
    except RuntimeError:  # a user without a home, as in some containers
        return False


def _systems_roots() -> str:
    """The file with the roots that this system trusts.

    libpq's own word for it means those of the OpenSSL it was built with, and psycopg's wheel brings one that looks
    where no system has any.
    """
    paths = ssl.get_default_verify_paths()
    candidates = [paths.cafile, paths.capath and str(Path(paths.capath) / _BUNDLE)]
    return next((path for path in candidates if path and Path(path).is_file()), _OPENSSLS_OWN)
