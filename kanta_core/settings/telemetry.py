"""Where Kanta tells of itself."""

from __future__ import annotations

from pydantic import AliasChoices, Field, SecretStr

from kanta_core.settings.sources import Sources


class TelemetrySettings(Sources):
    """Where spans and metrics go: to Application Insights, to an OTLP collector, to both, to neither.

    The names are the standard ones, which the Functions host reads as well. What else the SDK takes from the
    environment (OTEL_EXPORTER_OTLP_HEADERS, OTEL_TRACES_SAMPLER, …) it takes here, too.
    """

    insights_connection: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("APPLICATIONINSIGHTS_CONNECTION_STRING")
    )
    # Over HTTP, as in http://collector:4318; the paths of the signals are added. One that is no address turns
    # telemetry off, and nothing else.
    otlp_endpoint: str | None = Field(default=None, validation_alias=AliasChoices("OTEL_EXPORTER_OTLP_ENDPOINT"))
    service_name: str = Field(default="kanta", validation_alias=AliasChoices("OTEL_SERVICE_NAME"))
