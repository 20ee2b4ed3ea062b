"""Where this thread is: in which invocation, in which trace, about which event and image."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

# W3C's; version ff is none, and ids of nothing but zeros are no ids.
_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

# The span that what begins now is a part of, "" for none.
here: ContextVar[str] = ContextVar("here", default="")
# The host's own span of this invocation, "" for none.
host: ContextVar[str] = ContextVar("host", default="")
# What every log line tells besides its message.
fields: ContextVar[Mapping[str, str]] = ContextVar("fields", default={})  # noqa: B039 - it is never changed


class _Trace(Protocol):
    @property
    def trace_parent(self) -> str: ...


class Context(Protocol):
    """What the host says of an invocation: azure.functions.Context."""

    @property
    def invocation_id(self) -> str: ...

    @property
    def trace_context(self) -> _Trace: ...


def valid(traceparent: object) -> str:
    """The traceparent, or "" for anything that is none: it may come from a blob that somebody dropped."""
    return traceparent if isinstance(traceparent, str) and _TRACEPARENT.fullmatch(traceparent) else ""


@contextmanager
def invoked(context: Context, message: Mapping[str, Any] | None = None) -> Iterator[None]:
    """An invocation of a function: its log lines have its id, its spans go on with the trace of the message.

    Without a message, or one that carries no trace, they go on with what they `follow`, or with the host's.
    """
    tokens = (
        here.set(valid((message or {}).get("traceparent"))),
        host.set(valid(context.trace_context.trace_parent)),
    )
    try:
        with about(invocation=context.invocation_id):
            yield
    finally:
        here.reset(tokens[0])
        host.reset(tokens[1])


@contextmanager
def about(**values: object) -> Iterator[None]:
    """Log lines inside tell these values besides."""
    token = fields.set({**fields.get(), **{name: str(value) for name, value in values.items()}})
    try:
        yield
    finally:
        fields.reset(token)
