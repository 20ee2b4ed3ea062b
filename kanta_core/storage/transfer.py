"""Transfer: one plain request for what every photo costs: read it, write its pictures, list them in the sweep.

The SDK takes 1.1 ms of processor time to read 5 KB, 2.0 ms to write them (policies, sessions, models, a signature
each time) and 0.13 ms for a blob of a listing; this takes 0.3, 0.3 and 0.02.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from math import inf
from urllib.parse import quote, urlencode, urlsplit

import urllib3
from azure.storage.blob import BlobServiceClient

from kanta_core.errors import StorageUnavailable
from kanta_core.storage.account import unavailable
from kanta_core.storage.passes import passes_of

_TIMEOUT = urllib3.Timeout(connect=5, read=30)
# Seconds before another try: a kept connection may have gone stale, storage may need a moment.
_PAUSES = (0.1, 1.0)
_WORTH_ANOTHER = frozenset({408, 429, 500, 502, 503, 504})
_CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    data: bytes | None


class Transfer:
    """Reads, writes and lists blobs. StorageUnavailable when the account can't be reached or lacks the container.

    Its errors name no cause, and it tries again itself: urllib3's own errors and logs tell the signed URL.
    """

    def __init__(self, service: BlobServiceClient) -> None:
        self._passes = passes_of(service)
        self._root = urlsplit(service.url).path.rstrip("/")
        self._pool = urllib3.connection_from_url(
            service.url, maxsize=_CONNECTIONS, timeout=_TIMEOUT, retries=False
        )

    def get(self, container: str, name: str, *, at_most: int) -> tuple[Mapping[str, str], bytes | None] | None:
        """The headers (case-insensitive) and bytes of a blob, None for more than `at_most`; None: no such blob."""
        # What encoding a blob claims for itself is not storage's: its bytes are taken as they lie there.
        answer = self._ask("GET", container, name, {"Accept-Encoding": "identity"}, at_most=at_most)
        if answer.status == HTTPStatus.NOT_FOUND and answer.headers.get("x-ms-error-code") == "BlobNotFound":
            return None
        _expect(answer, HTTPStatus.OK)
        return answer.headers, answer.data

    def put(self, container: str, name: str, data: bytes, *, content_type: str) -> None:
        """Write the blob over whatever is there, as a new version."""
        headers = {"Content-Type": content_type, "x-ms-blob-type": "BlockBlob"}
        _expect(self._ask("PUT", container, name, headers, body=data), HTTPStatus.CREATED)

    def list_page(self, container: str, *, prefix: str, marker: str, most: int) -> bytes:
        """One page of the container's listing, as XML, with metadata; `marker` is empty for the first."""
        query = {"restype": "container", "comp": "list", "include": "metadata", "maxresults": str(most)}
        query |= {key: value for key, value in (("prefix", prefix), ("marker", marker)) if value}
        answer = self._ask("GET", container, "", {}, query=query)
        _expect(answer, HTTPStatus.OK)
        return answer.data or b""

    def close(self) -> None:
        self._pool.close()

    def _ask(
        self,
        method: str,
        container: str,
        name: str,
        headers: Mapping[str, str],
        *,
        body: bytes | None = None,
        at_most: float = inf,
        query: Mapping[str, str] | None = None,
    ) -> _Answer:
        opened = self._passes.to(container)
        headers = {**headers, **opened.headers}
        path = f"{self._root}/{container}" + (f"/{quote(name, safe='~/')}" if name else "")
        asked = "&".join(filter(None, (urlencode(query or {}, quote_via=quote), opened.query)))
        url = f"{path}?{asked}" if asked else path
        for pause in _PAUSES:
            with suppress(urllib3.exceptions.HTTPError):
                answer = self._ask_once(method, url, headers, body, at_most)
                if answer.status not in _WORTH_ANOTHER:
                    return answer
            time.sleep(pause)
        try:
            return self._ask_once(method, url, headers, body, at_most)
        except urllib3.exceptions.HTTPError:
            raise StorageUnavailable from None

    def _ask_once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, at_most: float
    ) -> _Answer:
        answer = self._pool.request(method, url, body=body, headers=headers, preload_content=False)
        if int(answer.headers.get("content-length", 0)) > at_most:
            # Closed, not drained: the rest is longer than anybody wants to wait.
            answer.close()
            return _Answer(answer.status, answer.headers, None)
        data = answer.read(decode_content=False)
        answer.release_conn()
        return _Answer(answer.status, answer.headers, data)


def _expect(answer: _Answer, status: HTTPStatus) -> None:
    if answer.status != status:
        raise unavailable(answer.status, answer.headers.get("x-ms-error-code"))
