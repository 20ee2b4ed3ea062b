"""A whole Kanta as its users meet it: `python -m devhost` in a process, HTTP, and the storage account."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
from azure.storage.blob import BlobServiceClient, ContainerClient

from demo.service import read_env
from devhost.preflight import free_ports

ROOT = Path(__file__).parent.parent.parent
T = TypeVar("T")
# For a stack that runs no line that others don't: to be measured costs it 2 s of a core at its start.
UNMEASURED = {"PYTHONPATH": ""}


@dataclass
class Stack:
    """A running stack. `start` may be called again after `kill` or `stop`: the data stays."""

    data_dir: Path
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: subprocess.Popen[bytes] | None = None
    # Set for this stack alone, besides what this process has.
    environment: Mapping[str, str] = field(default_factory=dict)

    def start(self, command: tuple[str, ...] = (sys.executable, "-m", "devhost")) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        own = {"KANTA_PORT": str(self.port), "KANTA_DATA_DIR": str(self.data_dir)}
        environment = {**os.environ, **self.environment, **own}
        with (self.data_dir / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
            )
        self.wait_for("a healthy stack", self._healthy, seconds=90)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
            self.process = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def photos(self) -> ContainerClient:
        """The container that photos are dropped into, with the account's own key."""
        service = BlobServiceClient.from_connection_string(read_env(self.data_dir / "env")["KANTA_STORAGE"])
        return service.get_container_client("photos")

    @property
    def database_url(self) -> str:
        return read_env(self.data_dir / "env")["KANTA_DATABASE_URL"]

    def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - JSON
        answer = httpx.get(self.url + path, params=query, timeout=30)
        answer.raise_for_status()
        return answer.json()

    def create_event(self, code: str) -> None:
        httpx.post(f"{self.url}/events", json={"event_code": code}, timeout=30).raise_for_status()

    def event(self, code: str) -> dict[str, Any]:
        return dict(self.get("/events", event_code=code)["events"][0])

    def rows(self, code: str) -> list[dict[str, Any]]:
        """Every image of the event."""
        found: list[dict[str, Any]] = []
        while page := self.get("/pics", event_code=code, limit=200, offset=len(found)):
            found += page
        return found

    def by_name(self, code: str) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in self.rows(code)}

    def wait_for(self, what: str, condition: Callable[[], T | None], *, seconds: float = 60) -> T:
        """What `condition` returns once it is true."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            if self.process is not None and self.process.poll() is not None:
                raise AssertionError(f"the stack ended: {self.log()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s for {what}: {self.log()}")
            time.sleep(0.1)
        return found

    def wait_until_final(self, code: str, photos: int, *, seconds: float = 120) -> list[dict[str, Any]]:
        """The event's rows once there are so many, all in a final state, and its people current."""

        def settled() -> list[dict[str, Any]] | None:
            # The event first, as a thousand rows and their links keep the stack from its work.
            if not self.event(code)["people_current"]:
                return None
            # In this order: a photo that is encoded between the two makes the people of the first not current.
            rows, event = self.rows(code), self.event(code)
            final = all(row["status"] != "pending" for row in rows)
            return rows if len(rows) == photos and final and event["people_current"] else None

        return self.wait_for(f"{photos} final photos in {code}", settled, seconds=seconds)

    def log(self) -> str:
        return (self.data_dir / "output.log").read_text(errors="replace")[-3_000:]

    def _healthy(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/system/health", timeout=10).status_code == httpx.codes.OK
        return False


@contextlib.contextmanager
def running(data_dir: Path, **environment: str) -> Iterator[Stack]:
    stack = Stack(data_dir, environment=environment)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
