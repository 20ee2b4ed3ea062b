"""What links are signed with: the account's key, or one that storage gives to an identity for some days."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from azure.storage.blob import BlobServiceClient, UserDelegationKey

from kanta_core.identity import Identity
from kanta_core.storage.account import storage_errors

# The longest that storage gives one for.
_GOOD_FOR = timedelta(days=7)
# Clocks may differ, and a key that is not good yet signs nothing.
_SKEW = timedelta(minutes=15)


class Key(Protocol):
    """Signs; StorageUnavailable when it is not to be had."""

    def signs(self, until: datetime) -> Mapping[str, Any]:
        """What the SDK's signing functions take: whose key it is, the key, and `expiry`, no later than `until`."""
        ...


def key_of(service: BlobServiceClient) -> Key:
    """The key of whoever opened the account."""
    return DelegationKey(service) if isinstance(service.credential, Identity) else AccountKey(service)


class AccountKey:
    """The account's own key, which is good until somebody rotates it."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._its = {"account_name": str(service.account_name), "account_key": service.credential.account_key}

    def signs(self, until: datetime) -> Mapping[str, Any]:
        return {**self._its, "expiry": until}


class DelegationKey:
    """A user delegation key: what it signs may do what the identity may. Fetched when first needed, and every day.

    It begins with a day of UTC and lasts for seven, so there are always five days and more of it left, and all
    processes ask for the same one. A link that would outlive it ends with it.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        # The SDK knows the names of accounts in some domains only.
        host = urlsplit(service.url).hostname or ""
        self._account = service.account_name or host.partition(".")[0]
        self._lock = threading.Lock()
        self._key: UserDelegationKey | None = None
        self._since = datetime.min.replace(tzinfo=UTC)

    def signs(self, until: datetime) -> Mapping[str, Any]:
        since = (datetime.now(UTC) - _SKEW).replace(hour=0, minute=0, second=0, microsecond=0)
        with self._lock:
            if self._key is None or self._since != since:
                with storage_errors():
                    self._key = self._service.get_user_delegation_key(since, since + _GOOD_FOR)
                self._since = since
            key = self._key
        return {
            "account_name": self._account,
            "user_delegation_key": key,
            "expiry": min(until, since + _GOOD_FOR),
        }
