"""Stand-ins: programs of one line, and wheels of a few."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path


def program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def write_wheel(path: Path, name: str, files: dict[str, str | bytes]) -> Path:
    """A wheel called `name`, version 20.0.1, of these files; `path` is the folder it goes to."""
    info = f"{name.replace('-', '_')}-20.0.1.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 20.0.1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    everything = {**files, **metadata}
    record = "".join(f"{member},,\n" for member in [*everything, f"{info}/RECORD"])
    wheel = path / f"{name.replace('-', '_')}-20.0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        for member, content in {**everything, f"{info}/RECORD": record}.items():
            packed.writestr(member, content)
    return wheel


def gone(pid: int) -> bool:
    """Whether there is no such process, or one that only waits to be forgotten."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while not gone(pid):
        assert time.monotonic() < deadline, f"waited 10 s for process {pid} to end"
        time.sleep(0.02)
