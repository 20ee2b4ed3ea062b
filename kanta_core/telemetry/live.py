"""Whether telemetry is on: the one place that knows, without knowing the SDK."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

Value = str | int | float | bool


class LiveSpan(Protocol):
    """A span that is being recorded."""

    @property
    def traceparent(self) -> str: ...

    def set(self, attributes: Mapping[str, Value]) -> None: ...

    def rename(self, name: str) -> None: ...

    def fail(self, kind: str) -> None: ...

    def end(self, at: int | None = None) -> None: ...


class Recorder(Protocol):
    """What records spans and metrics, and sends them on by itself."""

    def begin(self, name: str, *, kind: str, parent: str, links: Sequence[str], since: int | None) -> LiveSpan: ...

    def count(self, metric: str, by: int, attributes: Mapping[str, str]) -> None: ...

    def took(self, stage: str, seconds: float) -> None: ...

    def gauge(self, metric: str, value: float, attributes: Mapping[str, str]) -> None: ...

    def flush(self, *, within: float) -> bool: ...

    def shut_down(self, *, within: float) -> None: ...

    @property
    def works(self) -> bool: ...


# None: nothing is recorded.
recorder: Recorder | None = None
# Nothing is recorded although it is asked for: where it is to go can't be used.
is_refused = False
