"""Messages from one function to another. Their bodies are JSON, base64-encoded as host.json says."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from azure.core.exceptions import ResourceExistsError
from azure.storage.queue import QueueServiceClient, TextBase64EncodePolicy

from kanta_core.storage.account import CHECK_OPTIONS, queue_options, storage_errors
from kanta_core.storage.names import ENCODE_QUEUE, QUEUES

# Sending waits on the network, not on the processor.
_SENDERS = 8


class Queues:
    """Kanta's queues. Raises StorageUnavailable when the account can't be reached or lacks them."""

    def __init__(self, connection_string: str) -> None:
        self._service = QueueServiceClient.from_connection_string(connection_string, **queue_options())
        self._clients = {
            name: self._service.get_queue_client(name, message_encode_policy=TextBase64EncodePolicy())
            for name in QUEUES
        }

    def create_queues(self) -> None:
        """Create what is missing; what is there stays as it is."""
        for client in self._clients.values():
            with contextlib.suppress(ResourceExistsError), storage_errors():
                client.create_queue()

    def check(self) -> None:
        """Raise StorageUnavailable unless the encode queue answers."""
        with storage_errors():
            self._clients[ENCODE_QUEUE].get_queue_properties(**CHECK_OPTIONS)

    def send(self, queue: str, message: Mapping[str, str]) -> None:
        with storage_errors():
            self._clients[queue].send_message(json.dumps(message))

    def send_all(self, queue: str, messages: Iterable[Mapping[str, str]]) -> None:
        """Send many; the first failure is raised after the others were tried."""
        with ThreadPoolExecutor(_SENDERS) as senders:
            list(senders.map(lambda message: self.send(queue, message), messages))

    def close(self) -> None:
        self._service.close()
