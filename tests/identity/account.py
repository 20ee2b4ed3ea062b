"""Azurite as Azure's storage is to an identity: TLS only, and it checks whom a token is for and when it ends.

It verifies what is signed with a user delegation key, too, but not who signed a token.
"""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from devhost import preflight, processes
from devhost.azurite import new_key
from tests.identity.authority import Authority

_PROGRAM = Path(__file__).parents[2] / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
_NEWER = Path(__file__).with_name("newer_signatures.cjs")
# One a test that asks for storage.
_ACCOUNTS = 40
_START_SECONDS = 60


@dataclass(frozen=True)
class Account:
    """The addresses of one account's services."""

    blobs: str
    queues: str


class SignedInAccounts:
    """Accounts whose keys nobody knows but Azurite."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self._folder = folder
        self._authority = authority
        self._ports = dict(zip(("blob", "queue", "table"), preflight.free_ports(3), strict=True))
        self._names = [f"kanta{number}" for number in range(_ACCOUNTS)]
        self._unused = iter(self._names)

    def new(self) -> Account:
        """One that nobody has used."""
        name = next(self._unused)
        return Account(*(f"https://127.0.0.1:{self._ports[service]}/{name}" for service in ("blob", "queue")))

    def __enter__(self) -> Self:
        command = [preflight.node(), "--require", str(_NEWER), str(_PROGRAM), "--oauth", "basic"]
        command += ["--cert", str(self._authority.certificate), "--key", str(self._authority.key)]
        for service, port in self._ports.items():
            command += [f"--{service}Host", "127.0.0.1", f"--{service}Port", str(port)]
        command += ["--silent", "--disableTelemetry", "--disableProductStyleUrl", "--skipApiVersionCheck"]
        command += ["--inMemoryPersistence"]
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "TMPDIR": str(self._folder),
            "HOME": str(self._folder),
            "AZURITE_ACCOUNTS": ";".join(f"{name}:{new_key()}" for name in self._names),
        }
        log = self._folder / "azurite.log"
        with processes.open_log(log) as output:
            self._process = processes.spawn(
                command, log=output, environment=environment, death_signal=signal.SIGKILL
            )
        deadline = time.monotonic() + _START_SECONDS
        while not all(_listens(self._ports[service]) for service in ("blob", "queue")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise TimeoutError(f"waited {_START_SECONDS} s for Azurite: {processes.tail(log, 0)}")
            time.sleep(0.02)
        return self

    def __exit__(self, *_: object) -> None:
        processes.stop(self._process, (signal.SIGKILL, 10))


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
