"""OpenTelemetry's SDK: records spans and metrics, and sends them in the background.

It is nobody's global provider: what libraries would tell by themselves (URLs with signatures in them, statements)
goes nowhere.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from kanta_core.telemetry import names
from kanta_core.telemetry.live import LiveSpan, Value

_SCOPE = "kanta"
# The host ends its workers without asking: what they have to tell must not lie with them for long.
_EVERY_MILLISECONDS = 1_000
# A gauge is measured by whichever process has the timer. What it measured is told once or twice, and not for ever:
# metrics go every minute.
_FRESH_SECONDS = 90.0
_KINDS = {"server": SpanKind.SERVER, "consumer": SpanKind.CONSUMER, "internal": SpanKind.INTERNAL}
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Sdk:
    """Records what the rest of the room tells of, and hands it to these exporters and readers."""

    def __init__(
        self,
        exporters: Sequence[SpanExporter],
        readers: Sequence[MetricReader],
        *,
        service_name: str,
        works: Callable[[], bool],
    ) -> None:
        resource = Resource.create({"service.name": service_name})
        # The host tells its workers "not sampled" while nobody listens to it: asked for is what the setting says.
        sampler = None if os.environ.get("OTEL_TRACES_SAMPLER") else ALWAYS_ON
        self._spans = TracerProvider(sampler=sampler, resource=resource, shutdown_on_exit=False)
        for exporter in exporters:
            self._spans.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=_EVERY_MILLISECONDS))
        self._metrics = MeterProvider(readers, resource=resource, shutdown_on_exit=False)
        self._tracer = self._spans.get_tracer(_SCOPE)
        self._works = works
        meter = self._metrics.get_meter(_SCOPE)
        self._counters = {
            name: meter.create_counter(name)
            for name in (names.IMAGES, names.FACES, names.PEOPLE_CHANGED, names.POISON)
        }
        self._durations = meter.create_histogram(
            names.STAGE_DURATION, unit="s", explicit_bucket_boundaries_advisory=_SECONDS
        )
        self._measured: dict[str, dict[tuple[tuple[str, str], ...], tuple[float, float]]] = {}
        for name, unit in ((names.QUEUE_AGE, "s"), (names.QUEUE_LENGTH, ""), (names.PENDING_AGE, "s")):
            self._measured[name] = {}
            meter.create_observable_gauge(name, [self._observer(name)], unit=unit)

    @property
    def works(self) -> bool:
        return self._works()

    def begin(self, name: str, *, kind: str, parent: str, links: Sequence[str], since: int | None) -> LiveSpan:
        # A context of its own: whatever others keep in the current one is not ours.
        context = set_span_in_context(NonRecordingSpan(_read(parent)), Context()) if parent else Context()
        span = self._tracer.start_span(
            name, context, _KINDS[kind], links=[Link(_read(link)) for link in links], start_time=since
        )
        return _SdkSpan(span)

    def count(self, metric: str, by: int, attributes: Mapping[str, str]) -> None:
        self._counters[metric].add(by, attributes)

    def took(self, stage: str, seconds: float) -> None:
        self._durations.record(seconds, {"stage": stage})

    def gauge(self, metric: str, value: float, attributes: Mapping[str, str]) -> None:
        self._measured[metric][tuple(sorted(attributes.items()))] = value, time.monotonic()

    def flush(self, *, within: float) -> bool:
        return _in_time(within, self._spans.force_flush, self._metrics.force_flush)

    def shut_down(self, *, within: float) -> None:
        _in_time(within, self._spans.shutdown, self._metrics.shutdown)

    def _observer(self, metric: str) -> Callable[[CallbackOptions], Iterable[Observation]]:
        def observe(_: CallbackOptions) -> Iterable[Observation]:
            oldest = time.monotonic() - _FRESH_SECONDS
            for attributes, (value, moment) in list(self._measured[metric].items()):
                if moment >= oldest:
                    yield Observation(value, dict(attributes))

        return observe


class _SdkSpan:
    def __init__(self, its: Span) -> None:
        self._its = its
        context = its.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def set(self, attributes: Mapping[str, Value]) -> None:
        self._its.set_attributes(attributes)

    def rename(self, name: str) -> None:
        self._its.update_name(name)

    def fail(self, kind: str) -> None:
        # Application Insights drops the standard's error.type.
        self._its.set_attribute(f"{names.OURS}error", kind)
        self._its.set_status(Status(StatusCode.ERROR))

    def end(self, at: int | None = None) -> None:
        self._its.end(at)


def _read(traceparent: str) -> SpanContext:
    _, trace, span, flags = traceparent.split("-")
    return SpanContext(int(trace, 16), int(span, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _in_time(seconds: float, *works: Callable[[], object]) -> bool:
    """Whether all were done in time, side by side. Exporters wait for whoever does not answer; we don't."""
    until = time.monotonic() + seconds
    threads = [threading.Thread(target=work, name="telemetry", daemon=True) for work in works]
    for thread, work in zip(threads, works, strict=True):
        try:
            thread.start()
        except RuntimeError:
            # An interpreter that ends begins no thread any more: then it takes as long as the exporters wait.
            work()
    for thread in threads:
        if thread.ident is not None:
            thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in threads)
