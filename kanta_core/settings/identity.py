"""Who Kanta is in Azure."""

from __future__ import annotations

from pydantic import AliasChoices, Field

from kanta_core.settings.sources import Sources


class IdentitySettings(Sources):
    """Which identity signs in where there is no key and no password."""

    # A user-assigned managed identity's client id; left out, the system-assigned one. On a laptop whoever ran
    # `az login` signs in, whatever it says.
    azure_client_id: str | None = Field(default=None, validation_alias=AliasChoices("AZURE_CLIENT_ID"))
