"""The dev host as a child of the demo."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Final

import httpx

from demo.errors import DemoError
from devhost import processes

START_SECONDS: Final = 180.0
_STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.2
_TAIL_BYTES: Final = 16 * 1024
_TAIL_LINES: Final = 20


@dataclass(frozen=True)
class Child:
    """The dev host's process; what it says stands in `log` from byte `log_start` on."""

    process: Popen[bytes]
    log: Path
    log_start: int

    def check_alive(self) -> None:
        """Raises DemoError, in the dev host's own words, when it has ended."""
        status = self.process.poll()
        if status is None:
            return
        said = self.tail()
        # What stops a start is one line, meant for people; a crash needs its surroundings.
        if said and "Traceback" not in said:
            raise DemoError(said.splitlines()[-1])
        raise DemoError(f"The dev host ended with status {status}; its log is {self.log}:\n{said}")

    def tail(self) -> str:
        """The last lines it said."""
        with self.log.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            stream.seek(max(self.log_start, size - _TAIL_BYTES))
            lines = stream.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_TAIL_LINES:])


@dataclass(frozen=True)
class Service:
    """A dev host that answers at `url`. `key` is the organiser's, None while access is open."""

    child: Child
    url: str
    key: str | None


@asynccontextmanager
async def serving(url: str, data_dir: Path) -> AsyncIterator[Service]:
    """Starts the dev host, waits until it is healthy at `url`, and stops it in the end.

    Raises DemoError when something serves there already, or the dev host ends or stays unhealthy.
    """
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as http:
        if await _health(http, url) is not None:
            raise DemoError(
                f"{url} is being served already: stop that first, or choose another KANTA_PORT and KANTA_DATA_DIR."
            )
        child = _start(data_dir / "devhost.log")
        try:
            await _wait_until_healthy(child, http, url)
            told = read_env(data_dir / "env")
            yield Service(child, told["KANTA_URL"], told.get("KANTA_ORGANISER_KEY") or None)
        finally:
            processes.stop(child.process, (signal.SIGTERM, _STOP_SECONDS))


def _start(log: Path) -> Child:
    with processes.open_log(log) as output:
        log_start = output.seek(0, os.SEEK_END)
        process = processes.spawn(
            [sys.executable, "-m", "devhost"],
            log=output,
            environment={**os.environ, "DEVHOST_PARENT": "1"},
            death_signal=signal.SIGTERM,
        )
    return Child(process, log, log_start)


async def _wait_until_healthy(child: Child, http: httpx.AsyncClient, url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    last: httpx.Response | None = None
    while last is None or last.status_code != httpx.codes.OK:
        child.check_alive()
        if time.monotonic() > deadline:
            heard = f"{last.status_code} {last.text[:300]}" if last is not None else "nothing"
            raise DemoError(
                f"Waited {START_SECONDS:.0f} s for {url}/system/health and last heard {heard}; "
                f"the dev host's log is {child.log}:\n{child.tail()}"
            )
        await asyncio.sleep(_POLL_SECONDS)
        last = await _health(http, url)


async def _health(http: httpx.AsyncClient, url: str) -> httpx.Response | None:
    try:
        return await http.get(f"{url}/system/health")
    except httpx.TransportError:
        return None


def read_env(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines that the dev host leaves for tools."""
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {key: value for key, equals, value in pairs if equals}
