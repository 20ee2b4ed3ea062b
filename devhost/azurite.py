"""Azurite, Microsoft's storage emulator, as a supervised child with an account and a key of its own."""

import base64
import contextlib
import http.client
import json
import os
import secrets
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from devhost import preflight, processes
from devhost.preflight import StartupError

_ROOT = Path(__file__).resolve().parent.parent
_PROGRAM = _ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_START_SECONDS = 60.0
_HEAP_MB = 1024
# Room for what a request leaves behind: a small PUT costs 1.4 ms with it, 1.75 ms with Node's own 16.
_YOUNG_MB = 64
_EXTENTS_MB = 1024
# How long a killed dev host's Azurite may go on saving its books.
_HANDOVER_SECONDS = 10.0


def new_key() -> str:
    """A random account key."""
    return base64.b64encode(secrets.token_bytes(64)).decode()


class Azurite:
    """Blob and queue storage over one folder; `connection_string` is good between `start` and `stop`.

    `accounts` maps account names to keys; left out, one account `devhost` gets a random key that is kept in
    the folder. `in_memory` keeps nothing after `stop`. Start it from the main thread: it dies with the thread
    that started it, and saves its books first.
    """

    def __init__(
        self, folder: Path, *, accounts: Mapping[str, str] | None = None, in_memory: bool = False
    ) -> None:
        self.folder = folder.absolute()
        self._accounts = dict(accounts or {})
        self._in_memory = in_memory
        self._log = self.folder / "azurite.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = -1
        self._ports: dict[str, int] = {}

    @property
    def alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def connection_string(self, account: str | None = None) -> str:
        """What the SDKs connect with; of the first account when none is named."""
        name = account or next(iter(self._accounts))
        return (
            f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={self._accounts[name]};"
            f"BlobEndpoint=http://127.0.0.1:{self._ports['blob']}/{name};"
            f"QueueEndpoint=http://127.0.0.1:{self._ports['queue']}/{name};"
        )

    def start(self) -> None:
        """Returns once blobs and queues answer. Raises StartupError. A second start keeps the ports."""
        node = preflight.node()
        if not _PROGRAM.exists():
            raise StartupError("node_modules has no Azurite; run `make run`, which installs it")
        preflight.private_folder(self.folder)
        if self._lock < 0:
            path = self.folder / "lock"
            self._lock = preflight.lock(path, holder="another Azurite of ours", wait=_HANDOVER_SECONDS)
        try:
            self._accounts = self._accounts or self._kept_account()
            self._serve(node)
        except OSError as error:
            self.stop()
            raise StartupError(f"can't start Azurite in {self.folder}: {preflight.disk_reason(error)}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Saves and ends it, within 3 seconds."""
        if self._process is not None:
            processes.stop(self._process, (signal.SIGTERM, 2.3))
            self._process = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _kept_account(self) -> dict[str, str]:
        kept = preflight.secret(self.folder / "account", json.dumps({"devhost": new_key()}))
        return {str(name): str(key) for name, key in json.loads(kept).items()}

    def _serve(self, node: str) -> None:
        for last_try in (False, False, True):
            before = self._log.stat().st_size if self._log.exists() else 0
            ports = self._ports or dict(zip(("blob", "queue", "table"), preflight.free_ports(3), strict=True))
            self._process = self._spawn(node, ports)
            if self._wait_until_ready(ports):
                self._ports = ports
                return
            reason = processes.tail(self._log, before)
            if last_try or "EADDRINUSE" not in reason:
                raise StartupError(f"Azurite does not start: {reason} (log: {self._log})")

    def _spawn(self, node: str, ports: Mapping[str, int]) -> subprocess.Popen[bytes]:
        command = [
            node,
            f"--max-old-space-size={_HEAP_MB}",
            f"--max-semi-space-size={_YOUNG_MB}",
            "--require",
            str(Path(__file__).with_name("azurite_preload.cjs")),
        ]
        command += [str(_PROGRAM)]
        for service, port in ports.items():
            command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        # Without the last one a host of four numbers and a port could be taken for an account's own host.
        command += ["--disableTelemetry", "--silent", "--skipApiVersionCheck", "--disableProductStyleUrl"]
        if self._in_memory:
            command += ["--inMemoryPersistence", "--extentMemoryLimit", str(_EXTENTS_MB)]
        else:
            command += ["--location", str(self.folder / "data")]
        with processes.open_log(self._log) as log:
            return processes.spawn(
                command,
                log=log,
                environment={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "TMPDIR": str(self.folder),
                    "HOME": str(self.folder),
                    "AZURITE_ACCOUNTS": ";".join(f"{name}:{key}" for name, key in self._accounts.items()),
                },
                # Its books are up to five seconds old until it saves them, so it is asked, not killed.
                death_signal=signal.SIGTERM,
                # Held until it has ended, so that nobody opens the books while it still writes them.
                keep=[self._lock],
            )

    def _wait_until_ready(self, ports: Mapping[str, int]) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while self.alive:
            if all(_answers(ports[service]) for service in ("blob", "queue")):
                return True
            if time.monotonic() > deadline:
                raise StartupError(f"Azurite does not answer after {_START_SECONDS:.0f} s (log: {self._log})")
            time.sleep(0.05)
        return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/")
        return connection.getresponse().status > 0
    return False
