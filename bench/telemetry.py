"""What telemetry costs a photo: off, and sent to a collector of this process's own, in processor time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.tables import show
from kanta_core import telemetry
from kanta_core.settings import TelemetrySettings

_PHOTOS = 300
_ROUNDS = 5


class _Context:
    trace_parent = "00-" + "1" * 32 + "-" + "1" * 16 + "-01"


class _Invocation:
    invocation_id = "an-invocation"
    trace_context = _Context()


class _Taker(BaseHTTPRequestHandler):
    """Takes whatever is sent."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def run() -> None:
    off = _ms_per_photo(lambda: None)
    with _collector() as url:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=url))
        try:
            on = _ms_per_photo(telemetry.flush)
        finally:
            telemetry.shut_down()
    show(
        f"what telemetry costs a photo, best of {_ROUNDS}",
        ["", "ms of a core", "× off"],
        [["off", off, 1.0], ["OTLP, with the collector's own time", on, on / off]],
    )


@contextmanager
def _collector() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taker) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _ms_per_photo(end: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        begun = time.process_time()
        for _ in range(_PHOTOS):
            _photo()
        # What is sent in the background is this process's time, too.
        end()
        best = min(best, time.process_time() - begun)
    return 1000 * best / _PHOTOS


def _photo() -> None:
    """What one photo has telemetry do, from its upload to its people."""
    with telemetry.invoked(_Invocation()):
        with telemetry.request("", request="r", invocation="i"), telemetry.span("upload", bytes=1) as span:
            span.note(event="e", image="i")
            telemetry.carrier()
        with telemetry.span("encode", kind="consumer", follows=None, since=1) as span:
            telemetry.stage_taken("read", 1, 2)
            span.note(event="e", image="i")
            for name in ("decode", "detect", "embed", "store"):
                with telemetry.stage(name):
                    pass
            telemetry.count_image("encoded")
            telemetry.count_faces(1)
        with telemetry.stage("recluster", kind="consumer"):
            telemetry.count_people_changed(1)
