"""One Kanta as the host runs it: blobs come and go, messages are worked off, and what came of it can be seen."""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueServiceClient, TextBase64DecodePolicy

from kanta_core.database import events, images
from kanta_core.database.images import PageOf
from kanta_core.domain.records import Event, Image
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.gather import create_event, queue_waiting
from kanta_core.pipeline.people.recluster import recluster, request_reclusters
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.retry import give_up
from kanta_core.pipeline.sweep import sweep
from kanta_core.services import Services, build
from kanta_core.settings import Settings
from kanta_core.storage import names
from tests.pipeline.scripted import SECONDS, ScriptedEncoder

Rows = dict[str, list[str]]
NO_VALUES = dict.fromkeys(("name", "description", "start_date_time", "end_date_time"))


@dataclass
class World:
    """Kanta over this test's database and account, with an encoder that can be told what to find."""

    settings: Settings
    encoder: ScriptedEncoder = field(default_factory=ScriptedEncoder)
    # The hash of what was dropped, by version.
    dropped: dict[str, bytes] = field(default_factory=dict)
    # The queues to which something was sent since they were last found empty: the others need not be asked.
    _rung: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        connection = self.settings.storage_connection.get_secret_value()
        self._blobs = BlobServiceClient.from_connection_string(connection)
        self._queues = QueueServiceClient.from_connection_string(connection)
        self._database = psycopg.connect(self.settings.database_url, autocommit=True)
        self.services = self.worker()
        self.services.blobs.create_containers()
        self.services.queues.create_queues()

    def worker(self) -> Services:
        """Services of another process: a pool and an encoder lock of its own."""
        services = build(self.settings)
        services._encoder = self.encoder
        send = services.queues._send

        def ringing(queue: str, message: Mapping[str, str]) -> None:
            self._rung.add(queue)
            send(queue, message)

        services.queues._send = ringing  # type: ignore[method-assign]  # it rings, and sends all the same
        return services

    def close(self) -> None:
        self.services.close()
        self._database.close()
        self._blobs.close()
        self._queues.close()

    # What people do to the container with azcopy and the like.

    @property
    def photos(self) -> ContainerClient:
        return self._blobs.get_container_client(names.PHOTOS)

    def drop(self, name: str, data: bytes) -> str:
        """Put a blob, over whatever is there; its etag."""
        etag = str(self.photos.get_blob_client(name).upload_blob(data, overwrite=True)["etag"]).strip('"')
        self.dropped[etag] = hashlib.sha256(data).digest()
        return etag

    def vanish(self, name: str) -> None:
        """Delete a blob, if it is there."""
        with suppress(ResourceNotFoundError):
            self.photos.delete_blob(name)

    def blobs(self, prefix: str = "") -> list[str]:
        return [blob.name for blob in self.photos.list_blobs(name_starts_with=prefix)]

    @property
    def pictures(self) -> ContainerClient:
        return self.container(names.PICTURES)

    def container(self, name: str) -> ContainerClient:
        return self._blobs.get_container_client(name)

    def clear(self) -> None:
        """Begin anew: no rows, no blobs."""
        self._database.execute(
            "DELETE FROM faces; DELETE FROM events; DELETE FROM drops; DELETE FROM doomed_blobs"
        )
        for container in (self.photos, self.pictures):
            if there := list(container.list_blob_names()):
                container.delete_blobs(*there)

    # What the host does.

    def deliver(self, name: str, services: Services | None = None, *, tries: int = 5) -> None:
        """Bring a blob to its function: some tries at once, then the poison queue's handler."""
        for _ in range(tries):
            try:
                encode(services or self.services, name)
            except Exception:  # noqa: BLE001 - the host does not ask what it was
                continue
            return
        give_up(self.services, name)

    def bring(self, code: str, photos: Mapping[str, bytes]) -> None:
        """Photos by name are dropped, encoded and grouped."""
        for name, data in photos.items():
            self.drop(f"{code}/{name}", data)
            self.deliver(f"{code}/{name}")
        self.settle()

    @contextmanager
    def encoding(self, name: str, data: bytes) -> Iterator[None]:
        """In another process the blob is being encoded from the beginning of the block to its end."""
        with closing(self.worker()) as services:
            worker = threading.Thread(target=self.deliver, args=(name, services))
            with self.encoder.stopped_at(data) as begun:
                worker.start()
                assert begun.wait(SECONDS), f"{name} was not encoded"
                yield
            worker.join(SECONDS)
            assert not worker.is_alive(), f"{name} is still being encoded"

    def received(self, queue: str) -> list[dict[str, str]]:
        """The messages of a queue, which are gone from it now."""
        client = self._queues.get_queue_client(queue, message_decode_policy=TextBase64DecodePolicy())
        found = []
        for message in client.receive_messages(messages_per_page=32):
            found.append(json.loads(message.content))
            client.delete_message(message)
        return found

    def work(self) -> None:
        """Run the functions of the queues until there is no message left."""
        # In this order each message is worked off in the round in which it was sent.
        for queue, function in self._functions().items():
            while queue in self._rung:
                self._rung.discard(queue)
                for message in self.received(queue):
                    function(message)

    def _functions(self) -> Mapping[str, Callable[[Mapping[str, str]], None]]:
        return {
            names.TAKE_IN_QUEUE: lambda m: queue_waiting(self.services, uuid.UUID(m["event_id"])),
            names.ENCODE_QUEUE: lambda m: self.deliver(m["blob_name"]),
            names.RECLUSTER_QUEUE: lambda m: recluster(self.services, uuid.UUID(m["event_id"])),
            names.EXPORT_QUEUE: lambda m: write_export(self.services, uuid.UUID(m["export_id"])),
        }

    def settle(self) -> None:
        """Everything that happens sooner or later: late deliveries, the sweep, the messages, the people."""
        for name in self.blobs():
            self.deliver(name)
        sweep(self.services)
        self.work()
        if request_reclusters(self.services):
            self.work()

    # What can be seen.

    def create(self, code: str) -> Event:
        return create_event(self.services, code, NO_VALUES)

    def event(self, code: str) -> Event | None:
        with self.services.database.transaction() as connection:
            return events.find(connection, code)

    def images(self, code: str) -> list[Image]:
        """The event's images, oldest first."""
        with self.services.database.transaction() as connection:
            event = events.find(connection, code)
            return images.page(connection, event.id, PageOf(limit=10_000)) if event else []

    def image(self, blob_name: str) -> Image:
        with self.services.database.transaction() as connection:
            image = images.of_blob(connection, blob_name)
        assert image is not None, f"{blob_name} has no image"
        return image

    def states(self, code: str) -> dict[str, str]:
        """The state of each of the event's images, by the name people know it by."""
        return {image.name: str(image.status) for image in self.images(code)}

    def query(self, statement: str, values: Mapping[str, object] | None = None) -> list[tuple[Any, ...]]:
        return self._database.execute(statement.encode(), values).fetchall()

    def wait_for(self, statement: str) -> None:
        """Return once the query finds something."""
        deadline = time.monotonic() + SECONDS
        while not self.query(statement):
            assert time.monotonic() < deadline, f"waited {SECONDS} s for {statement}"
            time.sleep(0.01)

    def rows(self) -> Rows:
        """Every row of every table, as text."""
        tables = self.query(
            "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1"
        )
        return {
            str(table): [text for (text,) in self.query(f"SELECT t::text FROM {table} t ORDER BY 1")]
            for (table,) in tables
        }
