"""How the storage account is reached, and what its failures mean to Kanta."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ExponentialRetry as BlobRetry
from azure.storage.queue import ExponentialRetry as QueueRetry

from kanta_core.errors import BlobChanged, StorageUnavailable

# The SDK's own defaults wait a minute and more: a phone would have given up.
_TIMES: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
_RETRY: dict[str, Any] = {"initial_backoff": 1, "increment_base": 2, "retry_total": 2, "random_jitter_range": 1}
# Whoever asks for Kanta's health won't wait that long, nor for a second try.
CHECK_OPTIONS: dict[str, Any] = {"timeout": 3, "connection_timeout": 3, "read_timeout": 3, "retry_total": 0}

# What is there already is no failure to whoever wanted it there; other conflicts are.
_ALREADY = ("BlobAlreadyExists", "ContainerAlreadyExists", "QueueAlreadyExists")
# A container or a queue that is not there says nothing about what was in it.
_HOMELESS = ("ContainerNotFound", "QueueNotFound")


def blob_options() -> dict[str, Any]:
    """How a blob client waits and tries again. Each has its own: a policy leads on to its client's connections."""
    return {**_TIMES, "retry_policy": BlobRetry(**_RETRY)}


def queue_options() -> dict[str, Any]:
    """The same for a queue client."""
    return {**_TIMES, "retry_policy": QueueRetry(**_RETRY)}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise StorageUnavailable or BlobChanged for the SDK's errors.

    That a blob, a container or a queue is there already, or a blob is not, stays the SDK's to say.
    """
    try:
        yield
    except (ResourceExistsError, ResourceNotFoundError) as error:
        code = getattr(error, "error_code", None)
        if code in _HOMELESS or (isinstance(error, ResourceExistsError) and code not in _ALREADY):
            raise StorageUnavailable(f"The storage answered {error.status_code}.") from error
        raise
    except ResourceModifiedError as error:
        raise BlobChanged from error
    except HttpResponseError as error:
        raise StorageUnavailable(f"The storage answered {error.status_code or 'an error'}.") from error
    except AzureError as error:
        raise StorageUnavailable from error
