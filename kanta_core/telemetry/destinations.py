"""Where telemetry goes: an OTLP collector, Application Insights, or both."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import TypeAdapter

from kanta_core.settings.telemetry import TelemetrySettings
from kanta_core.settings.values import Address
from kanta_core.telemetry.sdk import Sdk

_log = logging.getLogger(__name__)

# Seconds for one request to whoever collects, with its repetitions.
_TIMEOUT = 5.0
_PROTOCOLS = tuple(f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL" for signal in ("", "TRACES_", "METRICS_"))
_LEFT_ALONE = (
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
)


def recorder(settings: TelemetrySettings) -> Sdk:
    """What records and sends to all that the settings name; raises whatever the SDK says of one it can't use."""
    spans: list[SpanExporter] = []
    metrics: list[MetricExporter] = []
    if settings.otlp_endpoint is not None:
        _to_collector(TypeAdapter(Address).validate_python(settings.otlp_endpoint), spans, metrics)
    if settings.insights_connection is not None:
        _to_insights(settings.insights_connection.get_secret_value(), spans, metrics)
    # They repeat themselves with every batch, with a traceback; we tell once, and when it is over.
    for noisy in ("opentelemetry", "azure.monitor.opentelemetry"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    watched = [_Watched(exporter) for exporter in spans]
    return Sdk(
        watched,
        [PeriodicExportingMetricReader(exporter) for exporter in metrics],
        service_name=settings.service_name,
        works=lambda: all(exporter.works for exporter in watched),
    )


def _to_collector(endpoint: str, spans: list[SpanExporter], metrics: list[MetricExporter]) -> None:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

    asking = [name for name in _PROTOCOLS if os.environ.get(name, "").strip().lower() == "grpc"]
    if asking:
        _log.warning("Kanta speaks http/protobuf to the collector, and not grpc as %s says", " and ".join(asking))
    timeout = None if "OTEL_EXPORTER_OTLP_TIMEOUT" in os.environ else _TIMEOUT
    spans.append(OTLPSpanExporter(f"{endpoint}/v1/traces", timeout=timeout))
    metrics.append(OTLPMetricExporter(f"{endpoint}/v1/metrics", timeout=timeout))


def _to_insights(connection: str, spans: list[SpanExporter], metrics: list[MetricExporter]) -> None:
    # Unless they are asked not to, both tell Microsoft of themselves, let it configure them from afar, and keep on
    # disk what they could not send.
    for asked in _LEFT_ALONE:
        os.environ.setdefault(asked, "true")
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415 - it reads the variables when imported
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )

    # The first is for connecting and all repetitions, the second for an answer: left alone, that is five minutes.
    times = {"timeout": _TIMEOUT, "read_timeout": _TIMEOUT}
    spans.append(AzureMonitorTraceExporter(connection_string=connection, disable_offline_storage=True, **times))
    metrics.append(AzureMonitorMetricExporter(connection_string=connection, disable_offline_storage=True, **times))


class _Watched(SpanExporter):
    """An exporter, and whether its last batch arrived; metrics go the same way."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self.works = True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        works = result is SpanExportResult.SUCCESS
        if works != self.works:
            self.works = works
            if works:
                _log.info("telemetry arrives again")
            else:
                _log.warning("telemetry does not arrive; what is recorded until it does is lost")
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
