"""How the storage account is reached, and what its failures mean to Kanta."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ExponentialRetry as BlobRetry
from azure.storage.queue import ExponentialRetry as QueueRetry

from kanta_core.errors import BlobChanged, StorageUnavailable

# The SDK's own defaults wait a minute and more: a phone would have given up.
_TIMES: dict[str, Any] = {"connection_timeout": 5, "read_timeout": 30}
BLOB_OPTIONS: dict[str, Any] = {
    **_TIMES,
    "retry_policy": BlobRetry(initial_backoff=1, increment_base=2, retry_total=2),
}
QUEUE_OPTIONS: dict[str, Any] = {
    **_TIMES,
    "retry_policy": QueueRetry(initial_backoff=1, increment_base=2, retry_total=2),
}


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise StorageUnavailable or BlobChanged for the SDK's errors; a thing that is not there stays the SDK's."""
    try:
        yield
    except ResourceNotFoundError:
        raise
    except ResourceModifiedError as error:
        raise BlobChanged from error
    except (HttpResponseError, ClientAuthenticationError) as error:
        raise StorageUnavailable(f"The storage answered {error.status_code or 'an error'}.") from error
    except AzureError as error:
        raise StorageUnavailable from error
