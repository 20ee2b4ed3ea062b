"""Programs that are no part of this project, run as children that can't outlive the dev host."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from devhost import lifeline

_INTERPRETER = (sys.executable, "-I", "-S")
_TAIL_BYTES = 4096


def spawn(
    command: Sequence[str],
    *,
    log: IO[bytes],
    environment: Mapping[str, str],
    death_signal: signal.Signals,
    user: Sequence[str] = (),
    keep: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts `command`, away from the terminal's Ctrl-C, with `death_signal` waiting for our end.

    `user` is a prefix that changes the user, `keep` the descriptors it inherits. Call it from the main thread:
    the death signal fires when the calling thread ends, and again for each further thread.
    """
    tied = [*_INTERPRETER, lifeline.__file__, str(os.getpid()), str(int(death_signal)), *command]
    return subprocess.Popen(
        [*user, *tied],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=dict(environment),
        pass_fds=keep,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes], *ladder: tuple[signal.Signals, float]) -> None:
    """Ends `process`: each rung's signal, then up to its seconds of waiting; SIGKILL after the last."""
    for number, patience in ladder:
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        process.kill()
        process.wait(10)


def open_log(path: Path) -> IO[bytes]:
    """`path` for appending; a log past 8 MB starts anew."""
    if path.exists() and path.stat().st_size > 8 << 20:
        path.unlink()
    return path.open("ab")


def tail(path: Path, start: int) -> str:
    """The last lines written to a log since byte `start`, as one line."""
    with path.open("rb") as log:
        log.seek(max(start, log.seek(0, os.SEEK_END) - _TAIL_BYTES))
        lines = log.read().decode(errors="replace").splitlines()
    return " | ".join(stripped for line in lines[-4:] if (stripped := line.strip()))


def command_line(pid: int) -> str:
    """What process `pid` runs, empty if there is none."""
    listing = Path(f"/proc/{pid}/cmdline")
    try:
        if Path("/proc/self/cmdline").exists():
            return listing.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return subprocess.run(
            ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return ""
