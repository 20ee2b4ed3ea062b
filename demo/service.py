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
_TAIL_BYTES: Final = 16 * 1024
_TAIL_LINES: Final = 20


@dataclass(frozen=True)
class Service:
    """A dev host that answers. `key` is the organiser's, None while access is open."""

    process: Popen[bytes]
    log: Path
    log_start: int
    url: str
    key: str | None

    def check_alive(self) -> None:
        """Raises DemoError, with the end of its log, when the dev host has ended."""
        _check_alive(self.process, self.log, self.log_start)


@asynccontextmanager
async def serving(port: int, data_dir: Path) -> AsyncIterator[Service]:
    """Starts the dev host, waits until it is healthy, and stops it in the end.

    Raises DemoError when something serves on `port` already, or the dev host ends or stays unhealthy.
    """
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, timeout=5.0, trust_env=False) as http:
        if await _answer(http) is not None:
            raise DemoError(f"{url} is being served already: stop that first, or choose another KANTA_PORT.")
        log = data_dir / "devhost.log"
        with processes.open_log(log) as output:
            log_start = output.tell()
            process = processes.spawn(
                [sys.executable, "-m", "devhost"],
                log=output,
                environment=os.environ,
                death_signal=signal.SIGTERM,
            )
        try:
            await _wait_until_healthy(http, process, log, log_start)
            told = read_env(data_dir / "env")
            yield Service(
                process, log, log_start, told.get("KANTA_URL", url), told.get("KANTA_ORGANISER_KEY") or None
            )
        finally:
            processes.stop(process, (signal.SIGTERM, _STOP_SECONDS))


async def _wait_until_healthy(http: httpx.AsyncClient, process: Popen[bytes], log: Path, start: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    last: httpx.Response | None = None
    while last is None or last.status_code != httpx.codes.OK:
        _check_alive(process, log, start)
        if time.monotonic() > deadline:
            heard = f"{last.status_code} {last.text[:300]}" if last is not None else "nothing"
            raise DemoError(
                f"Waited {START_SECONDS:.0f} s for {http.base_url}system/health and last heard {heard}; "
                f"the dev host's log is {log}:\n{tail(log, start)}"
            )
        await asyncio.sleep(0.1)
        last = await _answer(http)


async def _answer(http: httpx.AsyncClient) -> httpx.Response | None:
    try:
        return await http.get("/system/health")
    except httpx.TransportError:
        return None


def _check_alive(process: Popen[bytes], log: Path, start: int) -> None:
    if (status := process.poll()) is not None:
        said = tail(log, start)
        # What stops a start is one line, meant for people; a crash needs its surroundings.
        if "Traceback" in said or not said:
            said = f"The dev host ended with status {status}; its log is {log}:\n{said}"
        else:
            said = said.splitlines()[-1]
        raise DemoError(said)


def tail(log: Path, start: int) -> str:
    """The last lines that were written to `log` after its first `start` bytes."""
    with log.open("rb") as stream:
        size = stream.seek(0, os.SEEK_END)
        stream.seek(max(start, size - _TAIL_BYTES))
        lines = stream.read().decode(errors="replace").splitlines()
    return "\n".join(lines[-_TAIL_LINES:])


def read_env(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines that the dev host leaves for tools."""
    pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {key: value for key, equals, value in pairs if equals}
