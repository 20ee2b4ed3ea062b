"""The running dev host: the app's processes, its triggers, and the services under them, supervised."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

from devhost import console, triggers
from devhost.azurite import Azurite
from devhost.blobs import BlobScanner
from devhost.children import Child, ChildDied
from devhost.config import Config, HostSettings
from devhost.delivery import BlobDelivery
from devhost.journal import Journal
from devhost.pool import Pool, loaded
from devhost.postgres import Postgres
from devhost.preflight import StartupError
from devhost.queues import QueueListener
from devhost.timers import Timer
from devhost.triggers import BlobTrigger, QueueTrigger, TimerTrigger

_log = console.source("host")
_SERVE_SECONDS = 30.0
_CHECK_SECONDS = 0.5
_RESTART_SECONDS = 2.0
# Invocations get this long to finish when the host is told to stop.
_GRACE_SECONDS = 1.5


def stop_signals() -> list[signal.Signals]:
    """The signals that stop the dev host; a SIGHUP that nohup has it ignore stays ignored."""
    all_three = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    return [
        number for number in all_three if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN
    ]


class Host:
    """Serves one app, over services that somebody else started and will stop."""

    def __init__(
        self,
        config: Config,
        settings: HostSettings,
        environment: Mapping[str, str],
        listeners: Sequence[socket.socket],
        services: Sequence[Postgres | Azurite],
    ) -> None:
        self._config = config
        self._settings = settings
        self._environment = environment
        self._listeners = listeners
        # A service's death signal hangs on the thread that starts it again: it lives as long as this process.
        self._services = [(service, ThreadPoolExecutor(1)) for service in services]
        self._pool = Pool(
            config.workers, environment=environment, timeout=settings.function_timeout, threads=config.threads
        )
        self._web: Child | None = None
        self._stopping = asyncio.Event()

    async def run(self, serving: Callable[[], None], stopping: Callable[[], None]) -> None:
        """Calls `serving` once HTTP answers, and `stopping` when SIGTERM, SIGINT or SIGHUP came; then returns.

        Raises StartupError.
        """
        for number in stop_signals():
            asyncio.get_running_loop().add_signal_handler(number, self._stopping.set)
        with Journal(self._config.data_dir / "journal.sqlite") as journal:
            work = asyncio.create_task(self._serve(journal, serving))
            stopped = asyncio.create_task(self._stopping.wait())
            try:
                await asyncio.wait([work, stopped], return_when=asyncio.FIRST_COMPLETED)
                if not work.done():
                    _log.info("stopping")
            finally:
                self._stopping.set()
                stopped.cancel()
                stopping()
                await self._wind_down(work)

    async def _wind_down(self, work: asyncio.Task[NoReturn]) -> None:
        for listener in self._listeners:
            listener.close()
        if self._web is not None:
            self._web.terminate()
        if not work.done():
            await self._pool.drain(_GRACE_SECONDS)
            work.cancel()
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await work
        finally:
            await self._pool.stop()
            if self._web is not None:
                await self._web.end(patience=_GRACE_SECONDS)

    async def _serve(self, journal: Journal, serving: Callable[[], None]) -> NoReturn:
        index, _ = await asyncio.gather(self._pool.start(), self._start_web())
        found = triggers.read(index, self._environment)
        serving()
        async with asyncio.TaskGroup() as tasks:
            for loop in self._loops(found, journal):
                tasks.create_task(loop)
            tasks.create_task(self._keep_web())
            for service, thread in self._services:
                tasks.create_task(_keep(service, thread))
        raise AssertionError("loops end by cancellation alone")

    def _loops(self, found: Sequence[triggers.Trigger], journal: Journal) -> list[Coroutine[Any, Any, None]]:
        blobs = [trigger for trigger in found if isinstance(trigger, BlobTrigger)]
        delivery = BlobDelivery(blobs, self._pool, journal, self._settings)
        loops = [delivery.run(), BlobScanner(blobs, journal, delivery.wake).run()] if blobs else []
        for trigger in found:
            match trigger:
                case QueueTrigger():
                    loops.append(QueueListener(trigger, self._pool, self._settings).run())
                case TimerTrigger():
                    loops.append(Timer(trigger, self._pool, journal).run())
        return loops

    async def _start_web(self) -> None:
        descriptors = [listener.fileno() for listener in self._listeners]
        arguments = [str(descriptor) for descriptor in descriptors]
        self._web = web = await Child.spawn(
            "web", environment=self._environment, keep=descriptors, arguments=arguments
        )
        await loaded(web)
        try:
            async with asyncio.timeout(_SERVE_SECONDS):
                await web.receive()
        except (TimeoutError, ChildDied) as error:
            raise StartupError(f"the HTTP process does not serve: {error}; its output is above") from error

    async def _keep_web(self) -> None:
        """Replaces the HTTP process when it dies; whoever connects meanwhile waits."""
        while not self._stopping.is_set():
            try:
                if self._web is not None:
                    await self._web.receive()
            except ChildDied as death:
                if self._stopping.is_set():
                    return
                _log.error("the HTTP process %s; starting another", death)
            try:
                await self._start_web()
            except StartupError as error:
                _log.error("%s", error)
                await asyncio.sleep(_RESTART_SECONDS)


async def _keep(service: Postgres | Azurite, thread: ThreadPoolExecutor) -> NoReturn:
    """Starts `service` again when it died, where it was."""
    name = type(service).__name__
    while True:
        await asyncio.sleep(_CHECK_SECONDS)
        if service.alive:
            continue
        _log.error("%s died; starting it again", name)
        try:
            await asyncio.get_running_loop().run_in_executor(thread, service.start)
        except StartupError as error:
            _log.error("%s", error)
            await asyncio.sleep(_RESTART_SECONDS)
        else:
            _log.info("%s is back", name)
