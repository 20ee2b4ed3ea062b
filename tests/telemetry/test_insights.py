"""Application Insights is told the same as a collector, and Microsoft nothing besides."""

from __future__ import annotations

import gzip
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from kanta_core import telemetry
from kanta_core.settings import TelemetrySettings

KEY = "00000000-0000-0000-0000-000000000001"
SWITCHES = {
    f"APPLICATIONINSIGHTS_{name}_DISABLED{more}" for name, more in (("STATSBEAT", "_ALL"), ("SDKSTATS", ""))
}
SWITCHES |= {"APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED"}


@contextmanager
def ingestion() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where Application Insights takes what it is told, and what came."""
    came: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            batch = json.loads(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
            assert self.path == "/v2.1/track"
            came.extend(batch)
            answer = json.dumps({"itemsReceived": len(batch), "itemsAccepted": len(batch), "errors": []}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/"
        try:
            yield f"InstrumentationKey={KEY};IngestionEndpoint={url};LiveEndpoint={url}", came
        finally:
            server.shutdown()
            thread.join(5)


def test_application_insights_is_told_in_the_words_that_workbook_and_alerts_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for switch in SWITCHES:
        monkeypatch.setenv(switch, "put back when the test is over")
        del os.environ[switch]
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with ingestion() as (connection, came):
        telemetry.set_up(TelemetrySettings(insights_connection=SecretStr(connection), service_name="kanta-http"))
        try:
            with telemetry.request("", request="a-request") as asked:
                with telemetry.span("upload", image="an-image"):
                    pass
                asked.answered(method="POST", route="/pics/{event_code}", status=503)
            with pytest.raises(ValueError, match="key"), telemetry.span("encode", kind="consumer"):
                raise ValueError("Anna's key")
            telemetry.count_image("rejected", "image-broken")
            telemetry.tell_pending(12.5)
            assert telemetry.flush()
            assert telemetry.state() == "ok"
            assert os.environ.keys() >= SWITCHES
            assert not [thread for thread in threading.enumerate() if thread.name == "ConfigurationWorker"]
        finally:
            telemetry.shut_down()

    told = {(its["data"]["baseType"], _name(its)): its for its in came}
    request, upload = told["RequestData", "POST /pics/{event_code}"], told["RemoteDependencyData", "upload"]
    assert request["data"]["baseData"]["responseCode"] == "503"
    assert not request["data"]["baseData"]["success"]
    assert request["data"]["baseData"]["properties"]["kanta.request"] == "a-request"
    assert upload["data"]["baseData"]["properties"]["kanta.image"] == "an-image"
    assert upload["tags"]["ai.operation.id"] == request["tags"]["ai.operation.id"]
    assert told["RequestData", "encode"]["data"]["baseData"]["properties"] == {"kanta.error": "ValueError"}
    images = told["MetricData", "kanta.images"]["data"]["baseData"]
    assert (images["properties"], images["metrics"][0]["value"]) == (
        {"state": "rejected", "reason": "image-broken"},
        1,
    )
    assert told["MetricData", "kanta.pending.age"]["data"]["baseData"]["metrics"][0]["value"] == 12.5
    assert {its["tags"]["ai.cloud.role"] for its in came} == {"kanta-http"}
    assert "Anna" not in json.dumps(came)
    assert list(tmp_path.iterdir()) == []


def _name(its: dict[str, Any]) -> str:
    data = its["data"]["baseData"]
    return str(data["metrics"][0]["name"] if "metrics" in data else data["name"])
