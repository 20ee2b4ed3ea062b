"""A worker process: loads the app once, then runs invocations for the host, each in a thread.

`python -m devhost.worker SOCKET PARENT`: a socket's descriptor inherited from process PARENT. Both sides send
JSON lines: the worker first what it loaded, then an answer to each invocation by `id`. It ends with its parent.
"""

import contextlib
import faulthandler
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from devhost import app, bindings, console, lifeline
from devhost.config import MOST_THREADS
from devhost.preflight import StartupError


def main(descriptor: int, parent: int) -> None:
    """Serves until the host closes the socket."""
    prepare_process(parent, signal.SIGKILL)
    channel = socket.socket(fileno=descriptor)
    lines = channel.makefile("r", encoding="utf-8")
    root = Path.cwd()
    with telling_failure(channel):
        functions = app.load(root)
    tell_index(channel, functions)
    runner = app.Runner(root)
    speaking = threading.Lock()

    def answer(request: Mapping[str, Any]) -> None:
        outcome = _run(runner, functions[request["function"]], request["payload"])
        with speaking:
            tell(channel, {"id": request["id"], **outcome})

    # The host asks for no more at a time than it has places for.
    with ThreadPoolExecutor(MOST_THREADS, "invocation") as threads:
        for request in _requests(lines):
            threads.submit(answer, request)


def prepare_process(parent: int, death_signal: signal.Signals) -> None:
    """What every process of ours does first: end with its parent, leave Ctrl-C to the host, log like it."""
    lifeline.watch_parent(parent, death_signal)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    console.set_up()


@contextlib.contextmanager
def telling_failure(channel: socket.socket) -> Iterator[None]:
    """Tells the host why the app can't be loaded, and ends the process."""
    try:
        yield
    except (app.AppError, StartupError) as error:
        tell(channel, {"failed": str(error)})
        raise SystemExit(1) from error


def tell_index(channel: socket.socket, functions: Mapping[str, app.AppFunction]) -> None:
    """Tells the host what was loaded."""
    tell(channel, {"functions": [{"name": each.name, "trigger": each.trigger} for each in functions.values()]})


def tell(channel: socket.socket, message: Mapping[str, Any]) -> None:
    """Sends one message to the host."""
    channel.sendall(json.dumps(message).encode() + b"\n")


def _requests(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield json.loads(line)


def _run(runner: app.Runner, function: app.AppFunction, payload: Mapping[str, Any]) -> dict[str, Any]:
    try:
        runner.run(function, payload)
    except bindings.BlobGone:
        return {"ok": True, "note": "the blob is gone"}
    except Exception as error:
        logging.getLogger(function.name).exception("the function raised")
        return {"ok": False, "error": f"{type(error).__name__}: {error}"[:1000]}
    return {"ok": True}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
