"""Programs that are no part of this project: none waits for ever, and none is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended (its exit status, or minus the signal) and what it said."""

    status: int
    output: str
    errors: str


def ask(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    given: str = "",
    patience: float = _ANSWER_SECONDS,
) -> Answer:
    """Run `command` to its end with `given` as its input; TimeoutError after `patience` seconds."""
    with _started(command, environment, Path.cwd(), errors=subprocess.PIPE) as process:
        try:
            output, errors = process.communicate(given.encode(), timeout=patience)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"waited {patience:.0f} s for {' '.join(command)}") from None
        return Answer(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))


def watch(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    hear: Callable[[bytes], None],
    pause: Callable[[float], None],
    every: float,
    patience: float,
) -> int:
    """Run `command` in `folder` to its end; its exit status.

    `hear` gets each line it says, from a thread; `pause` the seconds it has run, every so many of them.
    TimeoutError after `patience` seconds.
    """
    started = time.monotonic()
    with _started(command, environment, folder, errors=subprocess.STDOUT) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        listener = threading.Thread(target=_listen, args=(process.stdout, hear), daemon=True)
        listener.start()
        while True:
            with suppress(subprocess.TimeoutExpired):
                status = process.wait(every)
                listener.join(every)
                return status
            spent = time.monotonic() - started
            if spent > patience:
                raise TimeoutError(f"waited {patience / 60:.0f} minutes for {command[0]}")
            pause(spent)


def _listen(source: IO[bytes], hear: Callable[[bytes], None]) -> None:
    for line in source:
        hear(line)


class _started:  # noqa: N801 - reads as the function it is used as
    """A program in a session of its own, which ends with the block, children and all."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, *, errors: int
    ) -> None:
        # What runs is this project's own choice of compiler, Python and pip.
        self._process = subprocess.Popen(  # noqa: S603
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )

    def __enter__(self) -> subprocess.Popen[bytes]:
        return self._process

    def __exit__(self, *_: object) -> None:
        # Once it was waited for, its number may be another's.
        if self._process.returncode is None:
            # A compiler's children outlive make when only make is told to end.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(10)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()
