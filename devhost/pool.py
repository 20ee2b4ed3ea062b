"""The worker processes: each has places for invocations, and who is urgent mostly gets the next that is free."""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from devhost import console
from devhost.children import Child, ChildDied
from devhost.preflight import StartupError

_log = console.source("host")
_LOAD_SECONDS = 120.0
# Between tries to replace a worker that can't load the app any more.
_RESPAWN_SECONDS = 2.0
_END_SECONDS = 0.5
# So many urgent callers in a row, then a patient one: a long row of either must not starve the other.
_URGENT_IN_A_ROW = 3


@dataclass(frozen=True)
class Outcome:
    """How one invocation ended: `reason` is why it failed, or a remark."""

    ok: bool
    seconds: float
    reason: str = ""


class Pool:
    """`size` workers of `threads` places. `start` it, then `call` functions, or `run` them in a `free_worker`.

    A worker that dies or is ended takes all of its invocations with it, as under the real host.
    """

    def __init__(
        self, size: int, *, environment: Mapping[str, str], timeout: float | None, threads: int = 1
    ) -> None:
        self.capacity = size * threads
        self._size = size
        self._threads = threads
        self._environment = environment
        self._timeout = timeout
        self._idle: list[Child] = []
        self._all: set[Child] = set()
        self._urgent: deque[asyncio.Future[Child]] = deque()
        self._patient: deque[asyncio.Future[Child]] = deque()
        self._replacements: set[asyncio.Task[None]] = set()
        self._urgent_in_a_row = 0
        self._closed = False

    async def start(self) -> list[dict[str, Any]]:
        """The app's function index, once every worker has loaded it. Raises StartupError."""
        indexes = await asyncio.gather(*(self._add() for _ in range(self._size)))
        return indexes[0]

    async def free_worker(self, *, urgent: bool) -> Child:
        """The next free worker, to be given back; urgent callers mostly come before patient ones."""
        child = await self._acquire(urgent=urgent)
        # One that died idle is nobody's failure.
        while not child.alive:
            await self._discard(child)
            child = await self._acquire(urgent=urgent)
        return child

    def give_back(self, child: Child) -> None:
        """Ends a loan."""
        if child in self._all:
            self._release(child)

    async def call(self, function: str, payload: Mapping[str, Any]) -> Outcome:
        """Calls `function` in the next free worker, urgently."""
        child = await self.free_worker(urgent=True)
        try:
            return await self.run(child, function, payload)
        finally:
            self.give_back(child)

    async def run(self, child: Child, function: str, payload: Mapping[str, Any]) -> Outcome:
        """Calls `function` in a borrowed worker. One that dies or takes too long is ended and replaced."""
        start = time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                answer = await child.ask({"function": function, "payload": payload})
        except TimeoutError:
            await self._discard(child)
            limit = console.duration(self._timeout or 0)
            return Outcome(ok=False, seconds=time.monotonic() - start, reason=f"took longer than {limit}")
        except ChildDied as death:
            await self._discard(child)
            return Outcome(ok=False, seconds=time.monotonic() - start, reason=f"its worker {death}")
        except asyncio.CancelledError:
            await self._discard(child)
            raise
        reason = str(answer.get("error") or answer.get("note") or "")
        return Outcome(ok=bool(answer["ok"]), seconds=time.monotonic() - start, reason=reason)

    async def drain(self, seconds: float) -> None:
        """Begins nothing new, and waits up to `seconds` for what runs."""
        self._closed = True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while len(self._idle) < len(self._all) * self._threads:  # noqa: ASYNC110 - only at the end, and briefly
                    await asyncio.sleep(0.02)

    async def stop(self) -> None:
        """Ends the workers: idle ones by themselves, busy ones by force."""
        for task in self._replacements:
            task.cancel()
        children, self._all = self._all, set()
        await asyncio.gather(*(child.end(patience=_END_SECONDS) for child in children))

    async def _add(self) -> list[dict[str, Any]]:
        child = await Child.spawn("worker", environment=self._environment)
        self._all.add(child)
        try:
            index = await loaded(child)
        except StartupError:
            self._all.discard(child)
            raise
        for _ in range(self._threads):
            self._release(child)
        return index

    async def _acquire(self, *, urgent: bool) -> Child:
        if self._idle and not self._closed:
            # The worker that has least to do.
            child = max(self._idle, key=self._idle.count)
            self._idle.remove(child)
            return child
        future: asyncio.Future[Child] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._patient).append(future)
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self._release(future.result())
            raise

    def _release(self, child: Child) -> None:
        waiting = None if self._closed else self._next_waiting()
        if waiting is None:
            self._idle.append(child)
        else:
            waiting.set_result(child)

    def _next_waiting(self) -> asyncio.Future[Child] | None:
        for waiting in (self._urgent, self._patient):
            while waiting and waiting[0].done():
                waiting.popleft()
        patience_ends = self._urgent_in_a_row >= _URGENT_IN_A_ROW
        if self._urgent and not (self._patient and patience_ends):
            self._urgent_in_a_row += 1
            return self._urgent.popleft()
        self._urgent_in_a_row = 0
        return self._patient.popleft() if self._patient else None

    async def _discard(self, child: Child) -> None:
        """Ends a worker, and has it replaced by whoever says so first."""
        if child in self._all:
            self._all.discard(child)
            self._idle = [idle for idle in self._idle if idle is not child]
            if not self._closed:
                task = asyncio.create_task(self._keep_adding())
                self._replacements.add(task)
                task.add_done_callback(self._replacements.discard)
        await child.end()

    async def _keep_adding(self) -> None:
        while True:
            try:
                await self._add()
            except StartupError as error:
                _log.error("no new worker: %s", error)
                await asyncio.sleep(_RESPAWN_SECONDS)
            else:
                return


async def loaded(child: Child) -> list[dict[str, Any]]:
    """A child's function index, once it has loaded the app. Raises StartupError with what the app raised."""
    try:
        async with asyncio.timeout(_LOAD_SECONDS):
            answer = await child.receive()
    except TimeoutError as error:
        await child.end()
        raise StartupError(f"the app was not imported after {_LOAD_SECONDS:.0f} s; correct it") from error
    except ChildDied as error:
        raise StartupError(f"the process that imported the app {error}; its output is above") from error
    if "failed" in answer:
        await child.end()
        raise StartupError(str(answer["failed"]))
    functions: list[dict[str, Any]] = answer["functions"]
    return functions
