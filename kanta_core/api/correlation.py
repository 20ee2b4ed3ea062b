"""The id of a request: in a header of its answer, in the problem it ended in, and in the log beside the cause."""

from __future__ import annotations

import uuid
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADER = "X-Request-Id"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is being answered."""

    scope: Scope
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def what(self) -> str:
        """Method and route: not the path, into which people may have put anything."""
        route = self.scope.get("route")
        return f"{self.scope['method']} {route.path}" if route is not None else "a request to no route"


_current: ContextVar[Asked | None] = ContextVar("asked", default=None)


def asked() -> Asked | None:
    """The request that is being answered here, also in the threads that do the work."""
    return _current.get()


class Correlated:
    """Gives every request an id of ours: one that clients could choose would tell them apart in no log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        its = Asked(scope)

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = str(its.id)
            await send(message)

        before = _current.set(its)
        try:
            await self._app(scope, receive, told)
        finally:
            _current.reset(before)
