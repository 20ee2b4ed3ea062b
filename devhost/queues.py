"""Queue triggers: lease a message, run its function, delete it; after five tries it goes to `<queue>-poison`.

A message's lease is short and renewed while its function runs, so that a killed host's messages are soon
visible again.
"""

import asyncio
import base64
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any, Self

from azure.core.exceptions import AzureError, ResourceExistsError
from azure.storage.queue import QueueClient, QueueMessage

from devhost import console, storage
from devhost.config import HostSettings
from devhost.pool import Outcome, Pool
from devhost.triggers import QueueTrigger

_log = console.source("queue")
_LEASE_SECONDS = 30
_RENEW_SECONDS = 10.0
_FIRST_PAUSE, _LONGEST_PAUSE, _TROUBLE_PAUSE = 0.1, 1.0, 2.0


@dataclass(frozen=True)
class _Message:
    """A leased message; every change of its visibility gives a new receipt."""

    id: str
    receipt: str
    content: str
    tries: int
    metadata: dict[str, Any]

    @classmethod
    def of(cls, message: QueueMessage) -> Self:
        times = {
            "ExpirationTime": message.expires_on,
            "InsertionTime": message.inserted_on,
            "NextVisibleTime": message.next_visible_on,
        }
        tries = message.dequeue_count or 1
        return cls(
            id=message.id,
            receipt=str(message.pop_receipt),
            content=str(message.content),
            tries=tries,
            metadata={
                "Id": message.id,
                "PopReceipt": message.pop_receipt,
                "DequeueCount": tries,
                **{name: time.astimezone(UTC).isoformat() if time else None for name, time in times.items()},
            },
        )


class QueueListener:
    """Serves one queue trigger until it is cancelled."""

    def __init__(self, trigger: QueueTrigger, pool: Pool, settings: HostSettings) -> None:
        self._trigger = trigger
        self._pool = pool
        self._settings = settings
        self._queue = QueueClient.from_connection_string(trigger.connection, trigger.queue, **storage.IMPATIENT)
        self._poison = QueueClient.from_connection_string(
            trigger.connection, f"{trigger.queue}-poison", **storage.IMPATIENT
        )
        # More than the workers can run would only be withheld from others.
        self._room = asyncio.Semaphore(min(settings.queue_batch, pool.capacity))

    async def run(self) -> None:
        """Polls for ever, ten times a second after a message, ever less often down to once a second."""
        longest, pause, told = min(_LONGEST_PAUSE, self._settings.queue_poll), _FIRST_PAUSE, False
        await asyncio.to_thread(self._create)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._room.acquire()
                try:
                    message = await asyncio.to_thread(self._receive)
                except AzureError as error:
                    if not told:
                        reason = str(error).partition("\n")[0]
                        _log.warning("can't read %s, and keeps trying: %s", self._trigger.queue, reason)
                    message, pause, told = None, _TROUBLE_PAUSE, True
                    await asyncio.to_thread(self._create)
                else:
                    told = False
                if message is not None:
                    tasks.create_task(self._handle(message))
                    pause = _FIRST_PAUSE
                    continue
                self._room.release()
                await asyncio.sleep(pause)
                pause = min(longest, pause * 1.5)

    def _receive(self) -> _Message | None:
        message = self._queue.receive_message(visibility_timeout=_LEASE_SECONDS)
        return _Message.of(message) if message else None

    def _create(self) -> None:
        with contextlib.suppress(AzureError):
            self._queue.create_queue()

    async def _handle(self, message: _Message) -> None:
        last = message.tries >= self._settings.queue_tries
        try:
            body = self._decode(message.content)
            if body is None or message.tries > self._settings.queue_tries:
                await self._store(self._give_up, message)
                return
            outcome, message = await self._call(message, body)
            self._log(message, outcome)
            if outcome.ok:
                await self._store(self._delete, message)
            elif last:
                await self._store(self._give_up, message)
            else:
                await self._store(lambda failed: self._show(failed, self._settings.queue_retry_delay), message)
        finally:
            self._room.release()

    async def _call(self, message: _Message, body: bytes) -> tuple[Outcome, _Message]:
        """Runs the function while the lease is kept up; what came of it, and the message as it is then."""
        payload = message.metadata | {"body": base64.b64encode(body).decode()}
        call = asyncio.create_task(self._pool.call(self._trigger.function, payload))
        try:
            while not (await asyncio.wait([call], timeout=_RENEW_SECONDS))[0]:
                with contextlib.suppress(AzureError):
                    message = await asyncio.to_thread(self._show, message, _LEASE_SECONDS)
        except asyncio.CancelledError:
            call.cancel()
            await asyncio.wait([call])
            with contextlib.suppress(AzureError):
                self._show(message, 0)
            raise
        return call.result(), message

    def _decode(self, content: str) -> bytes | None:
        """The message's body; None if it is not encoded as host.json says."""
        if not self._settings.queue_base64:
            return content.encode()
        try:
            return base64.b64decode(content, validate=True)
        except ValueError:
            return None

    def _show(self, message: _Message, delay: float) -> _Message:
        """Makes the message visible after `delay` seconds."""
        changed = self._queue.update_message(message.id, message.receipt, visibility_timeout=round(delay))
        return replace(message, receipt=str(changed.pop_receipt))

    def _delete(self, message: _Message) -> None:
        self._queue.delete_message(message.id, message.receipt)

    def _give_up(self, message: _Message) -> None:
        with contextlib.suppress(ResourceExistsError):
            self._poison.create_queue()
        self._poison.send_message(message.content, time_to_live=-1)
        self._delete(message)
        _log.error("%s %s is given up, and on %s", self._trigger.function, message.id, self._poison.queue_name)

    async def _store(self, change: Callable[[_Message], object], message: _Message) -> None:
        try:
            await asyncio.to_thread(change, message)
        except AzureError as error:
            reason = str(error).partition("\n")[0]
            _log.warning("%s: message %s comes again: %s", self._trigger.queue, message.id, reason)

    def _log(self, message: _Message, outcome: Outcome) -> None:
        what, took = f"{self._trigger.function} {message.id[:8]}", console.duration(outcome.seconds)
        if outcome.ok:
            _log.info("%s %s ok", what, took)
        else:
            tries = f"try {message.tries} of {self._settings.queue_tries}"
            _log.warning("%s %s failed, %s: %s", what, took, tries, outcome.reason)
