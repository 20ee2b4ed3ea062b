"""What opens a container to a plain request: a signature in its query, or a token in its headers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Protocol

from azure.storage.blob import BlobServiceClient, ContainerSasPermissions, generate_container_sas

from kanta_core.identity import Identity
from kanta_core.storage.account import storage_errors

_SCOPE = "https://storage.azure.com/.default"
_SIGNED_FOR = timedelta(hours=2)
_SIGNED_ANEW_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pass:
    """What to add to a request's query and to its headers."""

    query: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Passes(Protocol):
    """Gives out passes; StorageUnavailable when there is none to be had."""

    def to(self, container: str) -> Pass: ...


def passes_of(service: BlobServiceClient) -> Passes:
    """The passes of whoever opened the account."""
    return Tokens(service) if isinstance(service.credential, Identity) else Signatures(service)


class Tokens:
    """An identity's token: it opens what the identity's roles open, whichever container that is."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._identity: Identity = service.credential
        self._version = service.api_version

    def to(self, container: str) -> Pass:  # noqa: ARG002 - as Passes have it
        with storage_errors():
            token = self._identity.token(_SCOPE)
        # Storage knows no tokens in requests that name no version, or an early one.
        return Pass(
            headers={
                "Authorization": f"Bearer {token}",
                "x-ms-version": self._version,
                "x-ms-date": formatdate(usegmt=True),
            }
        )


class Signatures:
    """A signature with the account's key, for one container: made once an hour, as it takes most of a request."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._lock = threading.Lock()
        # Each container's, and until when it is used: some time before it ends.
        self._signed: dict[str, tuple[Pass, datetime]] = {}

    def to(self, container: str) -> Pass:
        now = datetime.now(UTC)
        with self._lock:
            known, until = self._signed.get(container, (None, now))
            if known is None or until <= now:
                known = Pass(query=self._sign(container, now + _SIGNED_FOR))
                self._signed[container] = known, now + _SIGNED_ANEW_AFTER
            return known

    def _sign(self, container: str, until: datetime) -> str:
        return generate_container_sas(
            account_name=str(self._service.account_name),
            container_name=container,
            account_key=self._service.credential.account_key,
            permission=ContainerSasPermissions(read=True, write=True, list=True),
            expiry=until,
        )
