"""What links are signed with: the account's key, or one that storage gives to an identity for some days."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from azure.storage.blob import BlobServiceClient, UserDelegationKey

from kanta_core.errors import StorageUnavailable
from kanta_core.identity import Identity
from kanta_core.storage.account import storage_errors

_log = logging.getLogger(__name__)

# The longest that storage gives one for.
_GOOD_FOR = timedelta(days=7)
# Clocks may differ, and a key that is not good yet signs nothing.
_SKEW = timedelta(minutes=15)
# Whoever signs this soon after a renewal failed does without it.
_PAUSE = timedelta(minutes=1)


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

    It begins with a day of UTC and lasts for seven, so there are five days and more of it left, and all processes
    ask for the same one; while no new one is to be had the old one goes on. A link that would outlive it ends with
    it.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        # The SDK knows the names of accounts in some domains only.
        host = urlsplit(service.url).hostname or ""
        self._account = service.account_name or host.partition(".")[0]
        self._lock = threading.Lock()
        self._key: UserDelegationKey | None = None
        self._since = self._failed = datetime.min.replace(tzinfo=UTC)

    def signs(self, until: datetime) -> Mapping[str, Any]:
        now = datetime.now(UTC)
        with self._lock:
            if now >= self._failed + _PAUSE or not self._is_good(now):
                self._renew(now)
            key, ends = self._key, self._since + _GOOD_FOR
        return {"account_name": self._account, "user_delegation_key": key, "expiry": min(until, ends)}

    def _is_good(self, now: datetime) -> bool:
        return self._key is not None and now < self._since + _GOOD_FOR

    def _renew(self, now: datetime) -> None:
        since = (now - _SKEW).replace(hour=0, minute=0, second=0, microsecond=0)
        if self._key is not None and self._since == since:
            return
        try:
            with storage_errors():
                self._key = self._service.get_user_delegation_key(since, since + _GOOD_FOR)
        except StorageUnavailable as error:
            if not self._is_good(now):
                raise
            self._failed = now
            _log.warning("links go on with an older key, as storage gives no new one: %s", error.message)
        else:
            self._since = since
