"""Who is let in."""

from __future__ import annotations

import os
from typing import Literal, Self

from pydantic import model_validator

from kanta_core.errors import SettingsError
from kanta_core.settings.sources import Sources
from kanta_core.settings.values import Key

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


class AccessSettings(Sources):
    """Who is let in. A contradiction stops the start: nobody finds out afterwards that a Kanta stood open."""

    access: Literal["closed", "open"] = "closed"
    organiser_key: Key | None = None

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
