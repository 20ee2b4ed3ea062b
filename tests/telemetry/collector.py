"""A collector in this process: takes OTLP over HTTP as any of them does, and shows what came."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

PATIENCE = 20.0
Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Told:
    """A span as it came."""

    name: str
    kind: int
    trace: str
    id: str
    parent: str
    links: tuple[tuple[str, str], ...]
    attributes: dict[str, Any]
    failed: bool
    start: int
    end: int
    service: str


@dataclass
class Collector:
    """All spans and the last state of every metric; `text` is everything as text."""

    url: str = ""
    spans: list[Told] = field(default_factory=list)
    metrics: dict[str, dict[Labels, float]] = field(default_factory=dict)
    text: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Told:
        (span,) = self.named(name)
        return span

    def until(self, what: str, condition: Callable[[], object]) -> None:
        """Waits for the condition; fails with what was told after some seconds."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            seen = sorted({span.name for span in self.spans})
            assert time.monotonic() < deadline, f"waited {PATIENCE:.0f} s for {what}; so far there are {seen}"
            time.sleep(0.02)

    def take(self, path: str, body: bytes) -> None:
        with self._lock:
            if path == "/v1/traces":
                self._take_spans(ExportTraceServiceRequest.FromString(body))
            elif path == "/v1/metrics":
                self._take_metrics(ExportMetricsServiceRequest.FromString(body))
            else:
                raise ValueError(path)

    def _take_spans(self, message: ExportTraceServiceRequest) -> None:
        self.text += str(message)
        for each in message.resource_spans:
            service = str(_plain(each.resource.attributes)["service.name"])
            for span in (span for scope in each.scope_spans for span in scope.spans):
                links = tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links)
                self.spans.append(
                    Told(
                        span.name,
                        span.kind,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        links,
                        _plain(span.attributes),
                        span.status.code == span.status.STATUS_CODE_ERROR,
                        span.start_time_unix_nano,
                        span.end_time_unix_nano,
                        service,
                    )
                )

    def _take_metrics(self, message: ExportMetricsServiceRequest) -> None:
        self.text += str(message)
        every = [
            metric for each in message.resource_metrics for scope in each.scope_metrics for metric in scope.metrics
        ]
        for metric in every:
            kept = self.metrics.setdefault(metric.name, {})
            for point in (*metric.sum.data_points, *metric.gauge.data_points):
                kept[_labels(point.attributes)] = point.as_int or point.as_double
            for measured in metric.histogram.data_points:
                kept[_labels(measured.attributes)] = measured.count


@contextmanager
def collecting() -> Iterator[Collector]:
    """A collector at `url`, which listens on loopback alone."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.path, self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            server.shutdown()
            thread.join(5)


def _plain(attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - protobuf's containers
    return {each.key: _value(each) for each in attributes}


def _value(attribute: KeyValue) -> object:
    return getattr(attribute.value, attribute.value.WhichOneof("value") or "string_value")


def _labels(attributes: Any) -> Labels:  # noqa: ANN401 - same
    return frozenset((name, str(value)) for name, value in _plain(attributes).items())
