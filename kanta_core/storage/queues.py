"""Messages from one function to another. Their bodies are JSON, base64-encoded as host.json says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import TextBase64EncodePolicy

from kanta_core.storage.account import CHECK_OPTIONS, Account, queue_service, storage_errors
from kanta_core.storage.names import ENCODE_QUEUE, QUEUES

# Sending waits on the network, not on the processor.
_SENDERS = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait on a queue, and for how many seconds the first has."""

    length: int
    age: float


class Queues:
    """Kanta's queues. Raises StorageUnavailable when the account can't be reached or lacks them.

    Every message carries what `stamp` gives when it is sent, unless it says so itself.
    """

    def __init__(self, account: Account, *, stamp: Callable[[], Mapping[str, str]] = dict) -> None:
        self._stamp = stamp
        self._service = queue_service(account)
        self._clients = {
            name: self._service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
            for name in QUEUES
        }

    def create_queues(self) -> None:
        """Create what is missing; what is there stays as it is."""
        for client in self._clients.values():
            with contextlib.suppress(ResourceExistsError), storage_errors():
                client.create_queue()

    def check(self, queues: Collection[str] = (ENCODE_QUEUE,)) -> None:
        """Raise StorageUnavailable unless all of these answer."""
        for queue in queues:
            with storage_errors():
                self._clients[queue].get_queue_properties(**CHECK_OPTIONS)

    def look(self, queue: str) -> Waiting:
        """What waits on a queue, one of the host's, too: nothing where the host has not made it yet."""
        client = self._service.get_queue_client(queue)
        with storage_errors():
            try:
                length = client.get_queue_properties(**CHECK_OPTIONS).approximate_message_count or 0
                first = client.peek_messages(**CHECK_OPTIONS) if length else []
            except ResourceNotFoundError:
                return Waiting(0, 0.0)
        oldest = first[0].inserted_on if first else None
        return Waiting(length, (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0)

    def send(self, queue: str, message: Mapping[str, str]) -> None:
        self._send(queue, {**self._stamp(), **message})

    def send_all(self, queue: str, messages: Iterable[Mapping[str, str]]) -> None:
        """Send many; the first failure is raised after the others were tried."""
        # The stamp is this thread's.
        stamp = self._stamp()
        with ThreadPoolExecutor(_SENDERS) as senders:
            list(senders.map(lambda message: self._send(queue, {**stamp, **message}), messages))

    def _send(self, queue: str, message: Mapping[str, str]) -> None:
        with storage_errors():
            self._clients[queue].send_message(json.dumps(message))

    def close(self) -> None:
        self._service.close()
