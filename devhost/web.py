"""The process that serves HTTP: the app's HTTP functions behind uvicorn.

`python -m devhost.web SOCKET PARENT LISTENER...`: talks to the host over SOCKET like a worker, and serves the
host's sockets LISTENER, which outlive it: who connects while it is replaced waits instead of being refused.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import uvicorn

from devhost import app, triggers, worker
from devhost.config import HostSettings
from devhost.gateway import Gateway
from devhost.routes import Routes

# The real host's own setting and default.
_LIMIT_SETTING = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"
_DEFAULT_LIMIT = 104857600
_GRACE_SECONDS = 2
_KEEP_ALIVE_SECONDS = 60


class _Server(uvicorn.Server):
    """Tells the host when it serves."""

    def __init__(self, config: uvicorn.Config, channel: socket.socket) -> None:
        super().__init__(config)
        self._channel = channel

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, setattr, self, "should_exit", True)
        worker.tell(self._channel, {"serving": True})

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn's own would raise SIGTERM once more in the end, and no exit handler would run.
        yield


def main(descriptor: int, parent: int, listeners: list[int]) -> None:
    """Serves until it is terminated."""
    worker.prepare_process(parent, signal.SIGKILL)
    channel = socket.socket(fileno=descriptor)
    with worker.telling_failure(channel):
        functions = app.load(Path.cwd())
        application = gateway(functions)
    worker.tell_index(channel, functions)
    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="none",
        http="h11",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    asyncio.run(_serve(_Server(config, channel), [socket.socket(fileno=each) for each in listeners]))


async def _serve(server: _Server, sockets: list[socket.socket]) -> None:
    await server.serve(sockets=sockets)
    # Now tasks of the app are cancelled that the cloud would kill, such as an ASGI lifespan: no news.
    logging.disable()


def gateway(functions: dict[str, app.AppFunction]) -> Gateway:
    """The ASGI application for the HTTP functions among `functions`. Raises StartupError."""
    settings = HostSettings.load(Path.cwd())
    http_functions = [each for each in functions.values() if each.trigger["type"] == "httpTrigger"]
    index = [{"name": each.name, "trigger": each.trigger} for each in http_functions]
    routes = [each for each in triggers.read(index, os.environ) if isinstance(each, triggers.HttpTrigger)]
    return Gateway(
        functions,
        Routes(routes, settings.route_prefix),
        limit=int(os.environ.get(_LIMIT_SETTING) or _DEFAULT_LIMIT),
        timeout=settings.function_timeout,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [int(each) for each in sys.argv[3:]])
