"""Telemetry where something is amiss: nobody listens, somebody lies, something fails."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kanta_core import telemetry
from kanta_core.errors import BrokenImage, StorageUnavailable
from kanta_core.services import Services
from kanta_core.settings import TelemetrySettings
from tests.telemetry.collector import Collector, collecting
from tests.telemetry.functions import ROOT, running

# Less than what one request to nobody is given.
AT_ONCE = 4.0


class _Trace:
    def __init__(self, traceparent: str) -> None:
        self.trace_parent = traceparent


class _Invocation:
    def __init__(self, traceparent: str) -> None:
        self.invocation_id = "an-invocation"
        self.trace_context = _Trace(traceparent)


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Telemetry goes there for the length of a test."""
    with collecting() as its:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=its.url))
        try:
            yield its
        finally:
            telemetry.shut_down()


@pytest.mark.parametrize(
    "claimed",
    [
        "",
        "nonsense",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
        "' OR 1=1 --",
    ],
)
def test_a_drop_that_claims_a_trace_which_is_none_begins_one(collector: Collector, claimed: str) -> None:
    with telemetry.span("encode", kind="consumer", follows=claimed):
        pass
    assert telemetry.flush()
    span = collector.one("encode")
    assert (span.parent, span.links) == ("", ())


def test_an_error_is_told_by_its_kind_and_not_by_its_text(collector: Collector) -> None:
    for error in (ValueError("Anna's key is 4711"), StorageUnavailable("The storage answered 503.")):
        with pytest.raises(type(error)), telemetry.span("encode"):
            raise error
    assert telemetry.flush()
    assert [span.failed for span in collector.spans] == [True, True]
    assert [span.attributes["kanta.error"] for span in collector.spans] == ["ValueError", "storage-unavailable"]
    assert "4711" not in collector.text


def test_a_refusal_is_an_outcome_and_no_error(collector: Collector) -> None:
    with pytest.raises(BrokenImage), telemetry.span("upload"):
        raise BrokenImage
    assert telemetry.flush()
    span = collector.one("upload")
    assert not span.failed
    assert span.attributes == {"kanta.refused": "image-broken"}


def test_a_message_outweighs_what_a_blob_carries_and_both_are_told(collector: Collector) -> None:
    host, message, blob = (f"00-{digit * 32}-{digit * 16}-00" for digit in "123")
    with (
        telemetry.invoked(_Invocation(host), {"traceparent": message}),
        telemetry.span("encode", kind="consumer", follows=blob),
    ):
        assert telemetry.carrier()["traceparent"].startswith(f"00-{'2' * 32}-")
    assert telemetry.flush()
    span = collector.one("encode")
    assert (span.trace, span.parent) == ("2" * 32, "2" * 16)
    assert span.links == (("3" * 32, "3" * 16), ("1" * 32, "1" * 16))


def test_nothing_is_carried_outside_of_a_trace() -> None:
    with telemetry.invoked(_Invocation("00-" + "1" * 32 + "-" + "1" * 16 + "-01")):
        assert telemetry.carrier() == {}


def test_whoever_does_not_answer_slows_nothing_and_is_told_of_as_failing(
    services: Services, sample_photos: Path
) -> None:
    data = (sample_photos / "obama.jpg").read_bytes()
    # Takes connections and never says anything, which is worse than refusing them.
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        running(services, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{silent.getsockname()[1]}") as app,
    ):
        app.ask("POST", "/events", json={"event_code": "wedding"})
        services.load_models()
        begun = time.process_time()
        uploaded = app.ask("POST", "/pics/wedding", content=data).json()
        app.blob(f"wedding/{uploaded['uuid']}.jpg")
        assert time.process_time() - begun < AT_ONCE
        assert app.ask("GET", f"/pics/{uploaded['uuid']}").json()["image"]["status"] == "encoded"
        begun = time.monotonic()
        assert not telemetry.flush(within=0.1)
        telemetry.shut_down()
        assert time.monotonic() - begun < AT_ONCE


def test_a_collector_that_is_gone_is_told_of_as_failing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        closed_port = server.getsockname()[1]
    telemetry.set_up(TelemetrySettings(otlp_endpoint=f"http://127.0.0.1:{closed_port}"))
    try:
        assert telemetry.state() == "ok"
        with telemetry.span("encode"):
            pass
        deadline = time.monotonic() + 20
        while telemetry.state() != "failing":
            assert time.monotonic() < deadline, "waited 20 s for an export to fail"
            time.sleep(0.05)
    finally:
        telemetry.shut_down()
    assert telemetry.state() == "off"


def test_without_a_destination_no_sdk_is_imported() -> None:
    code = (
        "import sys, function_app; from kanta_core import telemetry; assert telemetry.state() == 'off';"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.sdk')]"
    )
    settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "PATH": "", "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=settings, check=True, timeout=60)
