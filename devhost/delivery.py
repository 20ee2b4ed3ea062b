"""Delivers queued blobs to their functions, at least once and in no order.

A function that fails gets its blob again at once, five times in all; then a message on
`webjobs-blobtrigger-poison` says so. A blob that vanished or changed meanwhile is not tried again: a new
version has work of its own.
"""

import asyncio
import base64
import contextlib
import json
from collections.abc import Iterable

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobClient
from azure.storage.queue import QueueClient

from devhost import console, storage
from devhost.children import Child
from devhost.config import HostSettings
from devhost.journal import Journal, Work
from devhost.pool import Pool
from devhost.triggers import BlobTrigger

POISON_QUEUE = "webjobs-blobtrigger-poison"
_log = console.source("blob")
_TROUBLE_SECONDS = 2.0


class BlobDelivery:
    """Hands the journal's work to free workers until it is cancelled."""

    def __init__(
        self, triggers: Iterable[BlobTrigger], pool: Pool, journal: Journal, settings: HostSettings
    ) -> None:
        self._connections = {trigger.function: trigger.connection for trigger in triggers}
        self._pool = pool
        self._journal = journal
        self._settings = settings
        self._work = asyncio.Event()

    def wake(self) -> None:
        """Says that the journal has new work."""
        self._work.set()

    async def run(self) -> None:
        """Delivers for ever, what earlier runs left first."""
        left = self._journal.begin(self._connections)
        if left:
            _log.info("%d blobs are left from an earlier run", left)
        async with asyncio.TaskGroup() as tasks:
            while True:
                worker = await self._pool.free_worker(urgent=False)
                self._work.clear()
                work = self._journal.take()
                if work is None:
                    self._pool.give_back(worker)
                    await self._work.wait()
                else:
                    tasks.create_task(self._deliver(work, worker))

    async def _deliver(self, work: Work, worker: Child) -> None:
        try:
            if await self._succeeds(work, worker) or not await asyncio.to_thread(self._is_current, work):
                self._journal.done(work)
            elif work.tries < self._settings.blob_tries:
                self._journal.again(work, tries=work.tries)
            else:
                await self._poison(work)
                self._journal.done(work)
        except asyncio.CancelledError:
            # Stopped, not failed: this try was not the blob's.
            self._journal.again(work, tries=work.tries - 1)
            raise
        self._work.set()

    async def _succeeds(self, work: Work, worker: Child) -> bool:
        try:
            # More tries than allowed: the host was killed in the last one, or before it could poison.
            if work.tries > self._settings.blob_tries:
                return False
            payload = {"container": work.container, "name": work.name, "etag": work.etag}
            outcome = await self._pool.run(worker, work.function, payload)
        finally:
            self._pool.give_back(worker)
        what, took = f"{work.function} {work.container}/{work.name}", console.duration(outcome.seconds)
        if outcome.ok:
            _log.info("%s %s %s", what, took, outcome.reason or "ok")
        else:
            tries = f"try {work.tries} of {self._settings.blob_tries}"
            _log.warning("%s %s failed, %s: %s", what, took, tries, outcome.reason)
        return outcome.ok

    def _is_current(self, work: Work) -> bool:
        """Whether the blob is still there in the version that was queued."""
        connection = self._connections[work.function]
        with BlobClient.from_connection_string(connection, work.container, work.name, **storage.IMPATIENT) as blob:
            try:
                return blob.get_blob_properties().etag.strip('"') == work.etag
            except ResourceNotFoundError:
                return False
            except AzureError:
                return True

    async def _poison(self, work: Work) -> None:
        """Puts the poison message, however long the storage takes to come back."""
        message = {
            "Type": "BlobTrigger",
            "FunctionId": f"Host.Functions.{work.function}",
            "BlobType": work.blob_type,
            "ContainerName": work.container,
            "BlobName": work.name,
            "ETag": work.etag,
        }
        text = json.dumps(message, ensure_ascii=False)
        if self._settings.queue_base64:
            text = base64.b64encode(text.encode()).decode()
        while True:
            try:
                await asyncio.to_thread(self._send, self._connections[work.function], text)
            except AzureError:
                await asyncio.sleep(_TROUBLE_SECONDS)
            else:
                _log.error(
                    "%s %s/%s is given up, and on %s", work.function, work.container, work.name, POISON_QUEUE
                )
                return

    def _send(self, connection: str, text: str) -> None:
        with QueueClient.from_connection_string(connection, POISON_QUEUE, **storage.IMPATIENT) as queue:
            with contextlib.suppress(ResourceExistsError):
                queue.create_queue()
            queue.send_message(text, time_to_live=-1)
