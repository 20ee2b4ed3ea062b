"""A real dev host in a process, over a copy of the playground app."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from azure.storage.blob import BlobServiceClient, ContainerClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from devhost import preflight
from tests.python_path import python_path

PLAYGROUND = Path(__file__).parent / "playground"
PATIENCE = 60.0
T = TypeVar("T")


def eventually(what: str, condition: Callable[[], T | None], *, seconds: float = PATIENCE) -> T:
    """What `condition` gives once it gives something; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)
    return found


class RunningHost:
    """`python -m devhost` in `folder`; `start` it again after `end`, the data stays."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = preflight.free_ports(1)[0]
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    def playground(cls, folder: Path, **environment: str) -> "RunningHost":
        """Over a copy of the playground in `folder`."""
        shutil.copytree(PLAYGROUND, folder, ignore=shutil.ignore_patterns("__pycache__"))
        return cls(folder, **environment)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        path = self.folder / "output.log"
        return path.read_text(errors="replace") if path.exists() else ""

    @property
    def told(self) -> dict[str, str]:
        """What the file `env` says."""
        lines = (self.folder / ".local" / "env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def launch(self) -> subprocess.Popen[bytes]:
        """Starts the process and does not wait."""
        environment = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
        environment |= {"TOY_PORT": str(self.port), "PYTHONPATH": python_path(), "PYTHONDONTWRITEBYTECODE": "1"}
        with (self.folder / "output.log").open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "devhost"],
                cwd=self.folder,
                env=environment | self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return self.process

    def start(self) -> None:
        """Returns once it serves."""
        before = len(self.log)
        process = self.launch()

        def serving() -> bool:
            assert process.poll() is None, self.log[before:]
            return "serving " in self.log[before:]

        eventually(f"the dev host to serve: {self.log[before:]}", serving)

    def refused(self) -> str:
        """Starts it when it can't start: its whole output."""
        before = len(self.log)
        status = self.launch().wait(PATIENCE)
        assert status not in (0, None), self.log[before:]
        return self.log[before:]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends it; its exit status. It takes no longer than it promises."""
        process, self.process = self.process, None
        assert process is not None
        process.send_signal(number)
        return process.wait(7)

    def calls(self, function: str, **wanted: object) -> list[dict[str, Any]]:
        """The calls of `function` that the playground wrote down, as far as they hold `wanted`."""
        path = self.folder / "calls.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        noted = [json.loads(line) for line in lines if line.endswith("}")]
        wanted = {"function": function, **wanted}
        return [call for call in noted if wanted.items() <= call.items()]

    def container(self, name: str) -> ContainerClient:
        return BlobServiceClient.from_connection_string(self.told["TOY_STORAGE"]).get_container_client(name)

    def queue(self, name: str) -> QueueClient:
        return QueueClient.from_connection_string(
            self.told["TOY_STORAGE"],
            name,
            message_encode_policy=TextBase64EncodePolicy(),
            message_decode_policy=TextBase64DecodePolicy(),
        )

    def processes(self) -> list[int]:
        """Every living process that was started for this folder."""
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                ours = (
                    str(self.folder).encode()
                    in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                )
                cwd = (entry / "cwd").resolve()
                state = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0]
                if (ours or cwd.is_relative_to(self.folder)) and state != "Z":
                    found.append(int(entry.name))
        return found


@contextlib.contextmanager
def running(host: RunningHost) -> Iterator[RunningHost]:
    """`host`, serving, and ended in the end."""
    try:
        host.start()
        yield host
    finally:
        if host.process is not None and host.process.poll() is None:
            host.end()
