"""Telemetry that is sent where nobody is, or where somebody never answers: Kanta works as if there were none."""

from __future__ import annotations

import io
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from pydantic import SecretStr

from kanta_core import telemetry
from kanta_core.services import Services
from kanta_core.settings import TelemetrySettings
from kanta_core.storage import names
from kanta_core.telemetry import destinations
from kanta_core.telemetry.sdk import Sdk
from tests.telemetry.collector import PATIENCE, collecting
from tests.telemetry.functions import ROOT, running

UNRESOLVED = "@Microsoft.KeyVault(SecretUri=https://vault-4711.example/secrets/insights)"
MISTAKES = {
    "a vault's reference that was not resolved": TelemetrySettings(insights_connection=SecretStr(UNRESOLVED)),
    "a key that is none": TelemetrySettings(insights_connection=SecretStr("InstrumentationKey=4711")),
    "an address without a scheme": TelemetrySettings(otlp_endpoint="collector-4711:4318"),
}


@pytest.fixture(autouse=True)
def off_again() -> Iterator[None]:
    yield
    telemetry.shut_down()


@pytest.mark.parametrize("settings", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_destination_that_can_not_be_used_is_told_of_once_without_it_and_stops_nothing(
    settings: TelemetrySettings, caplog: pytest.LogCaptureFixture
) -> None:
    telemetry.set_up(settings)
    assert telemetry.state() == "failing"
    assert not telemetry.is_on()
    (record,) = [record for record in caplog.records if record.name.startswith("kanta_core.")]
    assert "telemetry is off" in record.getMessage()
    assert "4711" not in caplog.text
    with telemetry.span("encode"):
        telemetry.count_image("encoded")
    assert telemetry.flush()


def test_a_destination_that_can_not_be_used_leaves_every_function_there() -> None:
    code = (
        "import function_app; from kanta_core import telemetry; assert telemetry.state() == 'failing';"
        "assert len(function_app.app.get_functions()) > 10"
    )
    settings = {
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
        "PATH": "",
        "PYTHONDONTWRITEBYTECODE": "1",
        "APPLICATIONINSIGHTS_CONNECTION_STRING": UNRESOLVED,
        "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318",
    }
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=settings, check=True, timeout=60)


def test_whoever_asks_for_grpc_is_told_that_kanta_does_not_speak_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with collecting() as collector:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=collector.url))
        with telemetry.span("encode"):
            pass
        assert telemetry.flush()
        assert collector.named("encode")
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" in caplog.text


def test_application_insights_is_not_waited_for_when_it_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "_TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        key = "InstrumentationKey=00000000-0000-0000-0000-000000000001"
        connection = SecretStr(f"{key};IngestionEndpoint={url};LiveEndpoint={url}")
        telemetry.set_up(TelemetrySettings(insights_connection=connection))
        with telemetry.span("encode"):
            telemetry.count_image("encoded")
        assert telemetry.flush(within=PATIENCE)
        assert telemetry.state() == "failing"


class _Stuck(SpanExporter):
    def __init__(self) -> None:
        self.free = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.free.wait(PATIENCE)
        return SpanExportResult.FAILURE


def test_metrics_arrive_where_spans_do_not() -> None:
    stuck, told = _Stuck(), io.StringIO()
    reader = PeriodicExportingMetricReader(ConsoleMetricExporter(told))
    sdk = Sdk([stuck], [reader], service_name="kanta", works=lambda: True)
    try:
        sdk.begin("encode", kind="internal", parent="", links=[], since=None).end()
        sdk.count("kanta.images", 1, {"state": "encoded"})
        assert not sdk.flush(within=1.0)
        assert "kanta.images" in told.getvalue()
    finally:
        stuck.free.set()
        sdk.shut_down(within=PATIENCE)


def test_what_is_left_is_sent_by_an_interpreter_that_begins_no_thread_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = threading.Thread.start

    def ending(thread: threading.Thread) -> None:
        if thread.name == "telemetry":
            raise RuntimeError("can't create new thread at interpreter shutdown")
        start(thread)

    with collecting() as collector:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=collector.url))
        with telemetry.span("encode"):
            telemetry.count_image("encoded")
        monkeypatch.setattr(threading.Thread, "start", ending)
        # The collector answers each of them in a thread of its own, which is called something else.
        telemetry.shut_down()
        assert collector.named("encode")
        assert "kanta.images" in collector.metrics


def test_what_was_given_up_is_counted_once_however_often_that_is_tried(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[Callable[..., object]] = [lambda *_, **__: 1 / 0, lambda *_, **__: None]

    def attempt(*_: object, **__: object) -> object:
        return tries.pop(0)()

    poisoned = {"blob_name": "wedding/a.jpg"}
    with collecting() as collector, running(services, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url) as app:
        monkeypatch.setattr(sys.modules["function_app"], "give_up", attempt)
        with pytest.raises(ZeroDivisionError):
            app.message("queued_photo_given_up", poisoned)
        app.message("queued_photo_given_up", poisoned)
        assert telemetry.flush()
    counted = collector.metrics["kanta.poison"]
    assert counted == {frozenset({("queue", names.ENCODE_POISON_QUEUE)}): 1}


def test_a_line_that_does_not_fit_its_arguments_is_raised_to_nobody_and_others_keep_their_signs() -> None:
    telemetry.set_up(TelemetrySettings())
    logger = logging.getLogger("kanta_core.somewhere")
    with telemetry.about(request="100%d"):
        broken = logger.makeRecord(logger.name, logging.INFO, "", 1, "%d photos", ("no",), None)
        fits = logger.makeRecord(logger.name, logging.INFO, "", 1, "%d photos", (2,), None)
        plain = logger.makeRecord(logger.name, logging.INFO, "", 1, "100% done", (), None)
    with pytest.raises(TypeError):
        broken.getMessage()
    assert fits.getMessage() == "2 photos request=100%d"
    assert plain.getMessage() == "100% done request=100%d"


def test_a_span_is_linked_to_what_it_recalls_and_no_part_of_it() -> None:
    with collecting() as collector:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=collector.url))
        with telemetry.span("encode", kind="consumer", recalls="00-" + "3" * 32 + "-" + "4" * 16 + "-01"):
            pass
        assert telemetry.flush()
        span = collector.one("encode")
    assert span.trace != "3" * 32
    assert (span.parent, span.links) == ("", (("3" * 32, "4" * 16),))
