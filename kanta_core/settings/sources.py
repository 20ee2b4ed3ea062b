"""Where settings are read: the environment, then `.env`, then the `Values` of `local.settings.json`.

The last is what Core Tools loads.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import AliasChoices, ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from kanta_core.errors import SettingsError

_LOCAL_SETTINGS = Path("local.settings.json")


class Sources(BaseSettings):
    """What every kind of settings is: read in this order, never changed, a secret never printed."""

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


S = TypeVar("S", bound=Sources)


def load(kind: type[S]) -> S:
    """The settings of `kind`; SettingsError names every one that is missing or absurd."""
    try:
        return kind()
    except ValidationError as error:
        lines = [f"{_name(kind, problem['loc'])}: {problem['msg']}" for problem in error.errors()]
        raise SettingsError("Settings that can't be used: " + "; ".join(lines)) from None


def _name(kind: type[Sources], loc: tuple[int | str, ...]) -> str:
    field = str(loc[0]) if loc else "?"
    info = kind.model_fields.get(field)
    if info is not None and isinstance(info.validation_alias, AliasChoices):
        return str(info.validation_alias.choices[0])
    return field if field not in kind.model_fields else f"KANTA_{field.upper()}"


def _local_values() -> dict[str, str]:
    if not _LOCAL_SETTINGS.is_file():
        return {}
    try:
        values = json.loads(_LOCAL_SETTINGS.read_text(encoding="utf-8")).get("Values", {})
    except (ValueError, AttributeError) as error:
        raise SettingsError(f"{_LOCAL_SETTINGS} is not valid JSON: {error}") from error
    return {str(name): str(value) for name, value in values.items()}
