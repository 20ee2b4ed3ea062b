"""Every setting of Kanta, typed and checked at start.

Read from the environment, then `.env`, then the `Values` of `local.settings.json` (what Core Tools loads).
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import quote, urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from kanta_core.errors import SettingsError

_LOCAL_SETTINGS = Path("local.settings.json")
_SHORTEST_KEY = 32
_ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE | re.ASCII)
# What App Service, the plans of Functions (Flex has its own) and Container Apps set, and Core Tools don't.
_SIGNS_OF_AZURE = (
    "WEBSITE_SITE_NAME",
    "WEBSITE_INSTANCE_ID",
    "WEBSITE_POD_NAME",
    "LEGION_SERVICE_HOST",
    "CONTAINER_APP_NAME",
    "CONTAINER_APP_REVISION",
    "MANAGED_ENVIRONMENT",
)


def _six_fields(schedule: str) -> str:
    if len(schedule.split()) != 6:  # noqa: PLR2004 - the number is the rule
        raise ValueError("a schedule has six fields: second minute hour day month weekday")
    return schedule


Schedule = Annotated[str, AfterValidator(_six_fields)]


def _key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if len(text) < _SHORTEST_KEY or not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError(f"a key has {_SHORTEST_KEY} or more visible ASCII characters and no space")
    return key


def _address(url: str) -> str:
    its = urlsplit(url)
    if its.scheme not in ("http", "https") or not its.hostname or its.query or its.fragment:
        raise ValueError("an address begins with http:// or https:// and a host, and ends with the path, if any")
    return url.rstrip("/")


def _split(given: object) -> object:
    return given.split(",") if isinstance(given, str) else given


def _origin(text: str) -> str:
    text = text.strip().rstrip("/")
    if not _ORIGIN.fullmatch(text):
        raise ValueError("an origin is a scheme and a host, as in https://photos.example, or * for all")
    return text.lower()


Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)]


def _local_values() -> dict[str, str]:
    if not _LOCAL_SETTINGS.is_file():
        return {}
    try:
        values = json.loads(_LOCAL_SETTINGS.read_text(encoding="utf-8")).get("Values", {})
    except (ValueError, AttributeError) as error:
        raise SettingsError(f"{_LOCAL_SETTINGS} is not valid JSON: {error}") from error
    return {str(name): str(value) for name, value in values.items()}


class _Sources(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix="KANTA_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
        # The deployment's template may declare a setting and leave it empty.
        env_ignore_empty=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic passes it by name
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        values = {name.lower(): value for name, value in _local_values().items() if value}
        known: dict[str, str] = {}
        for field, info in settings_cls.model_fields.items():
            alias = info.validation_alias
            names = alias.choices if isinstance(alias, AliasChoices) else [f"KANTA_{field}"]
            found = next((values[str(n).lower()] for n in names if str(n).lower() in values), None)
            if found is not None:
                known[field] = found
        return init_settings, env_settings, dotenv_settings, InitSettingsSource(settings_cls, known)


class TriggerSettings(_Sources):
    """What the function decorators need: read when the functions are indexed, before any other part exists."""

    blob_source: Literal["scan", "event-grid"] = "scan"
    recluster_schedule: Schedule = "*/15 * * * * *"
    sweep_schedule: Schedule = "0 */5 * * * *"
    webhook_schedule: Schedule = "*/15 * * * * *"


class DatabaseSettings(_Sources):
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


class AccessSettings(_Sources):
    """Who is let in. A contradiction stops the start: nobody finds out afterwards that a Kanta stood open."""

    access: Literal["closed", "open"] = "closed"
    organiser_key: Annotated[SecretStr, AfterValidator(_key)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.access == "closed" and self.organiser_key is None:
            raise SettingsError(
                "KANTA_ORGANISER_KEY is missing: set it to a secret of 32 characters or more (on a laptop, "
                "KANTA_ACCESS=open lets everybody do everything)."
            )
        if self.access == "open" and self.organiser_key is not None:
            raise SettingsError(
                "KANTA_ORGANISER_KEY is set while KANTA_ACCESS=open ignores it: set KANTA_ACCESS=closed, or leave "
                "the key out."
            )
        sign = next((name for name in _SIGNS_OF_AZURE if os.environ.get(name)), None)
        if self.access == "open" and sign is not None:
            raise SettingsError(
                f"KANTA_ACCESS=open is for a laptop, and {sign} says that this is Azure: set KANTA_ACCESS=closed "
                "and KANTA_ORGANISER_KEY."
            )
        return self


class Settings(TriggerSettings, DatabaseSettings, AccessSettings):
    """Everything else. Secrets are never printed."""

    storage_connection: SecretStr = Field(
        validation_alias=AliasChoices("AZURE_STORAGE_CONNECTION_STRING", "AzureWebJobsStorage")
    )

    # Which engine encodes: onnx where it is installed and none is named. Faces of the two are never compared.
    engine: Literal["dlib", "onnx"] | None = None
    max_upload_bytes: int = Field(default=100_000_000, ge=1)
    max_pixels: int = Field(default=64_000_000, ge=1)
    max_name_length: int = Field(default=200, ge=1)
    max_description_length: int = Field(default=2_000, ge=1)
    # Where guests find Kanta: what invitations begin with. Left out: wherever the request for one came to.
    public_url: Annotated[str, AfterValidator(_address)] | None = None
    # Origins whose pages browsers let ask Kanta, separated by commas. Azure's own CORS setting of the function app
    # stays empty: where it is not, Azure answers browsers before Kanta is asked.
    cors_origins: Origins = ()
    blob_url_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)
    # As long as somebody may take to send what an upload ticket is for. It can't be taken back before.
    upload_ticket_minutes: int = Field(default=240, ge=5, le=24 * 60)
    # Searches by face that each token has: so many at once, and so many more every hour. Guests share an
    # invitation, and come all at the same time.
    searches_at_once: int = Field(default=500, ge=1)
    searches_per_hour: int = Field(default=600, ge=1)
    database_pool_size: int = Field(default=8, ge=1)
    # Whether a transaction-level pooler (PgBouncer) is in between: it gives every transaction another session.
    database_pooler: bool = False
    # What each process spends on holding the faces of large events, so that a search need not read them: half a
    # kilobyte a face. 0 leaves every search to the database.
    search_memory_bytes: int = Field(default=256_000_000, ge=0)
    # A blob this old that no trigger has brought yet becomes a pending image, so that somebody can see it.
    sweep_grace_seconds: int = Field(default=120, ge=0)
    # An image that nobody has begun for this long is taken for missed, and queued. Most of those that wait longer
    # than the grace are not: their trigger's queue is long, and queueing them once more makes it longer.
    overdue_seconds: int = Field(default=900, ge=0)
    # How long one message writes at an export before the next goes on: well below the host's functionTimeout.
    export_part_seconds: int = Field(default=240, ge=0)
    # Where webhooks may lead: the internet by https, or any network by http as well, as on a laptop.
    webhook_addresses: Literal["public", "any"] = "public"


S = TypeVar("S", bound=_Sources)


def load(kind: type[S]) -> S:
    """The settings of `kind`; SettingsError names every one that is missing or absurd."""
    try:
        return kind()
    except ValidationError as error:
        lines = [f"{_name(kind, problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError("Settings that can't be used: " + "; ".join(lines)) from None


def _name(kind: type[_Sources], loc: tuple[int | str, ...]) -> str:
    field = str(loc[0]) if loc else "?"
    info = kind.model_fields.get(field)
    if info is not None and isinstance(info.validation_alias, AliasChoices):
        return str(info.validation_alias.choices[0])
    return field if field not in kind.model_fields else f"KANTA_{field.upper()}"
