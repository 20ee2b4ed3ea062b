"""The id of a request: in a header of its answer, in the problem it ended in, and in the log beside the cause."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kanta_core import telemetry

HEADER = "X-Request-Id"
# Asked every few seconds, by whoever keeps Kanta running.
_PROBES = frozenset({"/system/health"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that is being answered."""

    scope: Scope
    id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def what(self) -> str:
        """Method and route: not the path, into which people may have put anything."""
        return f"{self.scope['method']} {self.route}" if self.route else "a request to no route"

    @property
    def route(self) -> str:
        route = self.scope.get("route")
        return route.path if route is not None else ""


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
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = str(its.id)
                status = message["status"]
            await send(message)

        before = _current.set(its)
        try:
            with _told_of(its) as span:
                await self._app(scope, receive, told)
                span.answered(method=scope["method"], route=its.route, status=status)
        finally:
            _current.reset(before)


@contextmanager
def _told_of(its: Asked) -> Iterator[telemetry.Span]:
    """Log lines and spans of this request have its id; the span of a probe would be one of very many."""
    ids = {"request": its.id}
    if "azure_functions.invocation_id" in its.scope:
        ids["invocation"] = its.scope["azure_functions.invocation_id"]
    if its.scope["path"] in _PROBES:
        with telemetry.about(**ids):
            yield telemetry.UNTOLD
        return
    trace = its.scope.get("azure_functions.trace_context")
    with telemetry.request(getattr(trace, "trace_parent", ""), **ids) as span:
        yield span
