"""Where the storage is, and what opens it."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import AliasChoices, Field, SecretStr, model_validator

from kanta_core.errors import SettingsError
from kanta_core.settings.identity import IdentitySettings
from kanta_core.settings.values import SecureAddress

_CONNECTION = "AzureWebJobsStorage"
_BLOBS = f"{_CONNECTION}__blobServiceUri"
_QUEUES = f"{_CONNECTION}__queueServiceUri"
_CREDENTIAL = f"{_CONNECTION}__credential"
_CLIENT = f"{_CONNECTION}__clientId"


class StorageSettings(IdentitySettings):
    """One way to the storage: a connection string, or its services' addresses and an identity that signs in."""

    # Empty where an identity signs in.
    storage_connection: SecretStr = Field(
        default=SecretStr(""),
        validation_alias=AliasChoices("AZURE_STORAGE_CONNECTION_STRING", _CONNECTION),
    )
    blob_service_uri: SecureAddress | None = Field(default=None, validation_alias=AliasChoices(_BLOBS))
    queue_service_uri: SecureAddress | None = Field(default=None, validation_alias=AliasChoices(_QUEUES))
    # What the Functions host is told beside the addresses: of whom it is to be, and it is to be who Kanta is.
    host_credential: Literal["managedidentity"] | None = Field(
        default=None, validation_alias=AliasChoices(_CREDENTIAL)
    )
    host_client_id: str | None = Field(default=None, validation_alias=AliasChoices(_CLIENT))

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        addresses = (self.blob_service_uri, self.queue_service_uri)
        if self.storage_connection.get_secret_value():
            if any(addresses):
                raise SettingsError(
                    f"The storage is given twice: leave out {_CONNECTION} and AZURE_STORAGE_CONNECTION_STRING, or "
                    f"{_BLOBS} and {_QUEUES}."
                )
        elif not all(addresses):
            raise SettingsError(
                f"The storage is {'only half' if any(addresses) else 'nowhere'} given: set {_BLOBS} and {_QUEUES} "
                f"for an identity, or {_CONNECTION} to a connection string."
            )
        if self.host_client_id not in (None, self.azure_client_id):
            raise SettingsError(
                f"AZURE_CLIENT_ID and {_CLIENT} are two identities: set both to the same client id."
            )
        return self
