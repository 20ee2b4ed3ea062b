"""Where the database is."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import AliasChoices, Field, SecretStr

from kanta_core.errors import SettingsError
from kanta_core.settings.sources import Sources


class DatabaseSettings(Sources):
    """Where the database is: all that the migrations need."""

    database_url_given: SecretStr | None = Field(default=None, validation_alias=AliasChoices("KANTA_DATABASE_URL"))
    postgres_server: str | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_SERVER"))
    postgres_port: int = Field(default=5432, ge=1, le=65535, validation_alias=AliasChoices("POSTGRES_PORT"))
    postgres_user: str | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_USER"))
    postgres_password: SecretStr | None = Field(default=None, validation_alias=AliasChoices("POSTGRES_PASSWORD"))
    postgres_db: str = Field(default="kanta", validation_alias=AliasChoices("POSTGRES_DB"))

    @property
    def database_url(self) -> str:
        """The libpq URL of the database; SettingsError when it is nowhere given."""
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
        return f"postgresql://{user}@{self.postgres_server}:{self.postgres_port}/{database}"
