"""Links that let somebody do one thing in storage for a while: the one place that signs what is given away."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    generate_blob_sas,
    generate_container_sas,
)

from kanta_core.storage.keys import key_of


class Signing:
    """Signs links to what is in an account; each is good until it expires, whatever happens meanwhile.

    StorageUnavailable when an identity gets no key to sign with.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._key = key_of(service)
        # Only an emulator is reached without encryption.
        self._protocol = "https" if service.url.startswith("https:") else "https,http"

    def to_read(
        self, container: str, name: str, *, until: datetime, content_type: str, file_name: str | None = None
    ) -> str:
        """Reads this one blob, served as `content_type` whatever whoever wrote it said that it is.

        With a `file_name` it is saved under that name instead of shown.
        """
        return self._to_blob(
            container,
            name,
            permission=BlobSasPermissions(read=True),
            until=until,
            content_type=content_type,
            content_disposition=file_name and f"attachment; filename*=UTF-8''{quote(file_name, safe='')}",
        )

    def to_create(self, container: str, name: str, *, until: datetime, in_blocks: bool = False) -> str:
        """Writes this one blob while there is none of its name: it reads, changes, lists and deletes nothing.

        To stage blocks storage asks for the right to write: with `in_blocks` the link can replace its blob, too.
        """
        permission = BlobSasPermissions(create=True, write=in_blocks)
        return self._to_blob(container, name, until=until, permission=permission, protocol=self._protocol)

    def to_create_any(self, container: str, folder: str, *, until: datetime) -> str:
        """Leads to a folder and writes new blobs in the whole container.

        Storage narrows a link to a folder only in accounts with a hierarchical namespace, which those that trigger
        functions by blob seldom are.
        """
        token = generate_container_sas(
            container_name=container,
            permission=ContainerSasPermissions(create=True),
            protocol=self._protocol,
            **self._key.signs(until),
        )
        return f"{self._service.get_blob_client(container, folder).url}?{token}"

    def _to_blob(
        self,
        container: str,
        name: str,
        *,
        until: datetime,
        **what: Any,  # noqa: ANN401 - generate_blob_sas checks it
    ) -> str:
        token = generate_blob_sas(container_name=container, blob_name=name, **what, **self._key.signs(until))
        return f"{self._service.get_blob_client(container, name).url}?{token}"
