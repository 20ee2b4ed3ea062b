"""How the storage account is reached, and what its failures mean to Kanta."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient
from azure.storage.blob import ExponentialRetry as BlobRetry
from azure.storage.queue import ExponentialRetry as QueueRetry
from azure.storage.queue import QueueServiceClient

from kanta_core.errors import BlobChanged, SignInFailed, StorageUnavailable
from kanta_core.identity import Identity
from kanta_core.settings import StorageSettings

_log = logging.getLogger(__name__)

# The SDK's own defaults wait a minute and more: a phone would have given up.
_TIMES: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
_RETRY: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "retry_total": 2, "random_jitter_range": 1}
# Whoever asks for Kanta's health won't wait that long, nor for a second try.
CHECK_OPTIONS: dict[str, Any] = {"timeout": 3, "connection_timeout": 3, "read_timeout": 3, "retry_total": 0}

# What is there already is no failure to whoever wanted it there; other conflicts are.
_ALREADY = ("BlobAlreadyExists", "ContainerAlreadyExists", "QueueAlreadyExists")
# A container or a queue that is not there says nothing about what was in it.
_HOMELESS = ("ContainerNotFound", "QueueNotFound")
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """An account that an identity opens: the addresses of its services, without a slash at the end."""

    blobs: str
    queues: str
    identity: Identity


# A connection string, which holds the account's key, or who signs in where.
Account = str | Endpoints


def account_of(settings: StorageSettings, identity: Identity) -> Account:
    """The account these settings name, and what opens it. Nothing is connected, and nobody signed in."""
    if settings.blob_service_uri and settings.queue_service_uri:
        return Endpoints(settings.blob_service_uri, settings.queue_service_uri, identity)
    return settings.storage_connection.get_secret_value()


def blob_service(account: Account) -> BlobServiceClient:
    """The SDK's client of the account's blobs, with our patience."""
    # A policy leads on to its client's connections, so that each client has its own.
    options = {**_TIMES, "retry_policy": BlobRetry(**_RETRY)}
    if isinstance(account, str):
        return BlobServiceClient.from_connection_string(account, **options)
    return BlobServiceClient(account.blobs, account.identity, **options)


def queue_service(account: Account) -> QueueServiceClient:
    """The same of its queues."""
    options = {**_TIMES, "retry_policy": QueueRetry(**_RETRY)}
    if isinstance(account, str):
        return QueueServiceClient.from_connection_string(account, **options)
    return QueueServiceClient(account.queues, account.identity, **options)


def unavailable(status: int | None, code: str | None) -> StorageUnavailable:
    """That the storage answered so; where it refuses Kanta, the log is told why and what it takes."""
    if status in _REFUSED:
        _log.warning(
            "The storage refuses Kanta (%d %s): an identity needs the roles Storage Blob Data Contributor and "
            "Storage Queue Data Contributor on the account, a connection string the account's present key, and "
            "Kanta a way through the account's firewall.",
            status,
            # The SDK's are an enumeration's.
            getattr(code, "value", code),
        )
    return StorageUnavailable(f"The storage answered {status or 'an error'}.")


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise StorageUnavailable or BlobChanged for the SDK's errors, and where there is no token for it.

    That a blob, a container or a queue is there already, or a blob is not, stays the SDK's to say.
    """
    try:
        yield
    except SignInFailed as error:
        raise StorageUnavailable(error.message) from error
    except (ResourceExistsError, ResourceNotFoundError) as error:
        code = getattr(error, "error_code", None)
        if code in _HOMELESS or (isinstance(error, ResourceExistsError) and code not in _ALREADY):
            raise unavailable(error.status_code, code) from error
        raise
    except ResourceModifiedError as error:
        raise BlobChanged from error
    except HttpResponseError as error:
        raise unavailable(error.status_code, getattr(error, "error_code", None)) from error
    except AzureError as error:
        raise StorageUnavailable from error
