"""Who Kanta is in Azure: the managed identity there, whoever ran `az login` on a laptop."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from kanta_core.errors import SignInFailed

if TYPE_CHECKING:
    from azure.core.credentials import AccessToken
    from azure.identity import DefaultAzureCredential

_log = logging.getLogger(__name__)

# Seconds. A token is renewed this long before it ends, and used for as long as it has this left if that fails.
_RENEWED_BEFORE = 300.0
_GOOD_FOR_ONE_MORE = 30.0
# Whoever asks this soon after a failure is told of it: all that wait would otherwise try one after the other.
_PAUSE = 2.0
# The SDK's own ten tries wait for minutes; whoever asks for Kanta's health does not.
_PATIENCE: dict[str, Any] = {
    "connection_timeout": 2,
    "read_timeout": 5,
    "retry_total": 2,
    "retry_backoff_factor": 0.2,
}
# What is left: the managed identity, `az login` and `azd auth login`. A secret in the environment is no identity.
_NOBODY = (
    "environment",
    "workload_identity",
    "shared_token_cache",
    "visual_studio_code",
    "powershell",
    "interactive_browser",
    "broker",
)


@dataclass(slots=True)
class _Scope:
    """What is known of one scope: its token, when asking for one last failed, and who asks now holds the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    token: AccessToken | None = None
    failed: float = -_PAUSE

    def good_for(self, seconds: float) -> AccessToken | None:
        token = self.token
        return token if token is not None and token.expires_on - time.time() > seconds else None


class Identity:
    """Signs in when it is first asked for a token; in Azure as that client id. The SDK takes it for a credential.

    One token a scope, kept until shortly before its end. SignInFailed while there is none to be had.
    """

    def __init__(self, client_id: str | None) -> None:
        self._client_id = client_id
        self._scopes: dict[tuple[str, ...], _Scope] = {}

    def token(self, scope: str) -> str:
        """A token that is good for `scope` now."""
        return self.get_token(scope).token

    def get_token(
        self,
        *scopes: str,
        claims: str | None = None,
        tenant_id: str | None = None,
        **options: Any,  # noqa: ANN401 - whatever the SDK passes on
    ) -> AccessToken:
        """The same for the SDK; `claims` or a tenant, which a refusal asked for, make it a new one."""
        # setdefault is one step: all get the same.
        its = self._scopes.setdefault(scopes, _Scope())
        challenged = claims is not None or tenant_id is not None
        if not challenged and (kept := its.good_for(_RENEWED_BEFORE)):
            return kept
        if not its.lock.acquire(blocking=False):
            # Somebody asks for the next one, which may take a while.
            if not challenged and (kept := its.good_for(_GOOD_FOR_ONE_MORE)):
                return kept
            its.lock.acquire()
        try:
            # Somebody else may have renewed it meanwhile.
            if not challenged and (kept := its.good_for(_RENEWED_BEFORE)):
                return kept
            return self._renewed(its, scopes, claims=claims, tenant_id=tenant_id, **options)
        finally:
            its.lock.release()

    def _renewed(
        self,
        its: _Scope,
        scopes: tuple[str, ...],
        **options: Any,  # noqa: ANN401 - as above
    ) -> AccessToken:
        if time.monotonic() - its.failed >= _PAUSE:
            try:
                token = its.token = self._credential.get_token(*scopes, **options)
            except Exception as error:  # noqa: BLE001 - whatever it was, there is no token
                its.failed = time.monotonic()
                said = "Kanta can't sign in to Azure for %s: %s. %s"
                _log.warning(said, " ".join(scopes), _in_one_line(error), self._cure)
            else:
                return token
        kept = its.good_for(_GOOD_FOR_ONE_MORE)
        if kept is None:
            raise SignInFailed
        return kept

    @property
    def _cure(self) -> str:
        if self._client_id:
            return f"The app needs the identity {self._client_id} assigned, or AZURE_CLIENT_ID set to one that is."
        return "In Azure: set AZURE_CLIENT_ID to the client id of the app's identity; on a laptop: az login."

    @cached_property
    def _credential(self) -> DefaultAzureCredential:
        # Two scopes that begin at the same moment may make two, of which either will do.
        # Imported here: it costs 40 ms that whoever has a connection string need not spend.
        from azure.identity import DefaultAzureCredential  # noqa: PLC0415

        excluded = {f"exclude_{name}_credential": True for name in _NOBODY}
        return DefaultAzureCredential(managed_identity_client_id=self._client_id, **excluded, **_PATIENCE)


def _in_one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
