"""The host's own Python processes, each with a line of JSON messages to it.

Children are spawned from the main thread, where the event loop runs: their death signal hangs on that thread.
"""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Self

# The longest message: a function index, or a queue message of 64 KB in base64.
_LONGEST_LINE = 4 << 20
_FIRST = asyncio.FIRST_COMPLETED


class ChildDied(Exception):
    """The child is gone; says how it ended."""


class Child:
    """One running `python -m devhost.<module>`, on the host's side."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._numbers = itertools.count()
        self._listening: asyncio.Task[ChildDied] | None = None

    @classmethod
    async def spawn(
        cls,
        module: str,
        *,
        environment: Mapping[str, str],
        keep: Sequence[int] = (),
        arguments: Sequence[str] = (),
    ) -> Self:
        """Starts it, with the descriptors `keep` and a socket to talk over."""
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"devhost.{module}",
                str(theirs.fileno()),
                str(os.getpid()),
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                env=dict(environment),
                pass_fds=(theirs.fileno(), *keep),
                start_new_session=True,
            )
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LONGEST_LINE)
        return cls(process, reader, writer)

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process.returncode is None

    async def ask(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to this question; several may be asked at once. Nobody else may `receive` then.

        Raises ChildDied.
        """
        if self._listening is None:
            self._listening = asyncio.create_task(self._listen())
        number = next(self._numbers)
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        self._writer.write(json.dumps({"id": number, **question}).encode() + b"\n")
        try:
            await asyncio.wait((asyncio.ensure_future(future), self._listening), return_when=_FIRST)
            if not future.done():
                raise self._listening.result()
            return future.result()
        finally:
            del self._asked[number]

    async def _listen(self) -> ChildDied:
        """Hands every answer to who asked, until the child is gone."""
        while True:
            try:
                answer = await self.receive()
            except ChildDied as death:
                return death
            asked = self._asked.get(answer.pop("id"))
            # Whoever asked may have given up.
            if asked is not None and not asked.done():
                asked.set_result(answer)

    async def receive(self) -> dict[str, Any]:
        """Its next message. Raises ChildDied."""
        try:
            line = await self._reader.readline()
        except ConnectionError:
            line = b""
        if not line.endswith(b"\n"):
            # One that closed its socket by dying has a status of its own in a moment.
            raise ChildDied(await self.end(patience=0.2))
        message: dict[str, Any] = json.loads(line)
        return message

    def terminate(self) -> None:
        """Asks it to end."""
        if self.alive:
            self._process.terminate()

    async def end(self, patience: float = 0.0) -> str:
        """Waits up to `patience` seconds for its end, then kills it; says how it ended."""
        self._writer.close()
        try:
            async with asyncio.timeout(patience):
                await self._process.wait()
        except TimeoutError:
            if self.alive:
                self._process.kill()
            await self._process.wait()
        status = self._process.returncode or 0
        return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
