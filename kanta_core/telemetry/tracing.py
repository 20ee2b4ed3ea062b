"""Spans: what took how long inside what, across functions."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from kanta_core.errors import KantaError, Refusal
from kanta_core.telemetry import live
from kanta_core.telemetry.invocation import about, fields, here, host, valid
from kanta_core.telemetry.names import FIELDS, OURS, Kind, SpanName, Stage


class Span:
    """A span of ours; where telemetry is off, what log lines tell."""

    def __init__(self, its: live.LiveSpan | None) -> None:
        self._its = its

    def note(self, **attributes: object) -> None:
        """Tell more of it. What is None is left out; anything but a number is told as text.

        `event`, `image` and `export` are told by every log line from here to its end as well.
        """
        known = {name: value for name, value in attributes.items() if value is not None}
        told = {name: str(value) for name, value in known.items() if name in FIELDS}
        if told:
            fields.set({**fields.get(), **told})
        if self._its is not None and known:
            self._its.set({f"{OURS}{name}": _plain(value) for name, value in known.items()})

    def answered(self, *, method: str, route: str, status: int) -> None:
        """It answered a request; `route` is a pattern, without what people put into it."""
        if self._its is not None:
            self._its.rename(f"{method} {route}" if route else method)
            self._its.set({"http.request.method": method, "http.response.status_code": status})
            if route:
                self._its.set({"http.route": route})
            if status >= 500:  # noqa: PLR2004 - the server's errors
                self._its.fail(str(status))


# For what nobody is told of.
UNTOLD = Span(None)


@contextmanager
def span(
    name: SpanName,
    *,
    kind: Kind = "internal",
    follows: str | None = None,
    recalls: str | None = None,
    since: int | None = None,
    **attributes: object,
) -> Iterator[Span]:
    """A part of what is going on. It ends with the block; an exception is told by its kind, never by its text.

    It is a part of the span around it, or of the message's trace; else of what it `follows`, a traceparent that
    came with a blob; else of the host's invocation. What it `recalls` it is linked to, and no part of. `since` is
    when it began if that is over, by `time.time_ns`.
    """
    token = fields.set(fields.get())
    try:
        if live.recorder is None:
            its = Span(None)
            its.note(**attributes)
            yield its
            return
        with _recorded(live.recorder, name, kind, valid(follows), valid(recalls), since) as its:
            its.note(**attributes)
            yield its
    finally:
        fields.reset(token)


@contextmanager
def _recorded(
    recorder: live.Recorder, name: str, kind: Kind, follows: str, recalls: str, since: int | None
) -> Iterator[Span]:
    parent = here.get() or follows or host.get()
    # The others are links of what enters an invocation, and so of all that is inside.
    others = dict.fromkeys(origin for origin in (follows, host.get(), recalls) if origin not in ("", parent))
    links = [] if kind == "internal" else list(others)
    its = recorder.begin(name, kind=kind, parent=parent, links=links, since=since)
    token = here.set(its.traceparent)
    try:
        yield Span(its)
    except BaseException as error:
        _told(its, error)
        raise
    finally:
        here.reset(token)
        its.end()


def _told(its: live.LiveSpan, error: BaseException) -> None:
    kind = error.slug if isinstance(error, KantaError) else type(error).__name__
    if isinstance(error, Refusal):
        # Somebody asked for what can't be: an outcome, no error of ours.
        its.set({f"{OURS}refused": kind})
    else:
        its.fail(kind)


@contextmanager
def stage(
    name: Stage, *, kind: Kind = "internal", follows: str | None = None, **attributes: object
) -> Iterator[Span]:
    """A span that is a stage of Kanta's work: its seconds are counted, whichever way it ended."""
    recorder = live.recorder
    began = time.monotonic()
    try:
        with span(name, kind=kind, follows=follows) as its:
            its.note(**attributes)
            yield its
    finally:
        if recorder is not None:
            recorder.took(name, time.monotonic() - began)


def stage_taken(name: Stage, since: int, until: int) -> None:
    """A stage that is over already, by `time.time_ns`: what it is a part of was not known before."""
    if live.recorder is not None:
        live.recorder.begin(name, kind="internal", parent=here.get(), links=(), since=since).end(until)
        live.recorder.took(name, (until - since) / 1e9)


@contextmanager
def request(trace: object, **ids: object) -> Iterator[Span]:
    """A request that is being answered, in the trace that the host has begun for it; log lines tell its ids."""
    token = host.set(valid(trace))
    try:
        with about(**ids), span("request", kind="server") as its:
            its.note(**ids)
            yield its
    finally:
        host.reset(token)


def carrier() -> dict[str, str]:
    """What a message or a blob carries, so that whoever takes it up goes on with this trace; {} for none."""
    traceparent = here.get()
    return {"traceparent": traceparent} if traceparent and live.recorder is not None else {}


def _plain(value: object) -> live.Value:
    return value if isinstance(value, (bool, int, float)) else str(value)
