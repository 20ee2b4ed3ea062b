"""SIGTERM: what a worker is at is let finish or handed on, and told of, before it ends."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import httpx2
from azure.storage.queue import QueueClient

from kanta_core.database import events, exports, images
from kanta_core.domain.exports import Export, ExportKind, ExportStatus
from kanta_core.pipeline.exports.requests import request_export
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.gather import create_event
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.upload import upload
from kanta_core.services import Services
from kanta_core.storage.names import EXPORT_QUEUE, EXPORTS
from tests.api import photos
from tests.telemetry.collector import Collector, collecting
from tests.telemetry.functions import ROOT

SECONDS = 60.0


class Worker:
    """A worker of the dev host, with whoever tests it in the place of the host."""

    def __init__(self, process: subprocess.Popen[bytes], channel: socket.socket, lines: TextIO) -> None:
        self.process = process
        self._channel = channel
        self._lines = lines
        assert "functions" in self.answer()

    def ask(self, function: str, payload: Mapping[str, Any]) -> None:
        self._channel.sendall(json.dumps({"id": 0, "function": function, "payload": payload}).encode() + b"\n")

    def answer(self) -> dict[str, Any]:
        """Its next message; a socket's time-out when none comes."""
        told: dict[str, Any] = json.loads(self._lines.readline())
        return told


@contextmanager
def worker(services: Services, collector: Collector) -> Iterator[Worker]:
    assert services.settings.storage_connection is not None
    settings = {
        "AzureWebJobsStorage": services.settings.storage_connection.get_secret_value(),
        "KANTA_DATABASE_URL": services.settings.database_url,
        "KANTA_ACCESS": "open",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OPENBLAS_NUM_THREADS": "1",
    }
    ours, theirs = socket.socketpair()
    ours.settimeout(SECONDS)
    with ours, theirs, ours.makefile("r", encoding="utf-8") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "devhost.worker", str(theirs.fileno()), str(os.getpid())],
            cwd=ROOT,
            env={**os.environ, **settings},
            pass_fds=[theirs.fileno()],
        )
        try:
            theirs.close()
            yield Worker(process, ours, lines)
        finally:
            process.kill()
            process.wait(SECONDS)


def test_told_to_end_a_worker_finishes_its_photo_hands_its_export_on_and_tells_of_both(
    services: Services, sample_photos: Path
) -> None:
    unknown = dict.fromkeys(("name", "description", "start_date_time", "end_date_time"))
    create_event(services, "wedding", unknown)
    for seed in range(2):
        encode(services, upload(services, "wedding", photos.jpeg(seed), file_name=None).image.blob_name)
    image = upload(services, "wedding", (sample_photos / "obama.jpg").read_bytes(), file_name=None).image

    with collecting() as collector, worker(services, collector) as busy:
        busy.ask("encode_photo", {"container": "photos", "name": image.blob_name, "etag": ""})
        # It is the worker's, which has its models yet to load.
        collector.until("the photo to be claimed", lambda: _etag(services, image.id))
        busy.process.send_signal(signal.SIGTERM)
        assert busy.answer()["ok"]
        collector.until("the photo to be told of", lambda: collector.named("encode"))

        export = request_export(services, "wedding", ExportKind.ZIP, cluster_id=None)
        message = _take(services)
        assert message is not None
        busy.ask("write_export", {**message, "Id": "1", "PopReceipt": "1", "DequeueCount": 1})
        assert busy.answer()["ok"]
        collector.until("the export's part to be told of", lambda: collector.named("export"))
        assert busy.process.poll() is None

    with services.database.transaction() as connection:
        found = images.get(connection, image.id)
    assert found is not None
    assert (found.status, found.faces) == ("encoded", 1)
    unfinished = _export(services, export)
    assert unfinished is not None
    assert unfinished.status is ExportStatus.PENDING

    assert _take(services) is not None, "nobody was asked to go on with the export"
    write_export(services, export.id)
    assert len(_names(services, export)) == 3


def test_a_worker_that_nobody_ends_ends_by_itself() -> None:
    code = (
        "import os, signal, time; from kanta_core import drain;"
        "drain.on_sigterm(lambda: print('saved', flush=True), grace=0.1);"
        "assert not drain.is_draining(); os.kill(os.getpid(), signal.SIGTERM); assert drain.is_draining();"
        "time.sleep(60)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=50, check=False)
    assert ended.returncode == 128 + signal.SIGTERM, ended.stderr.decode()
    assert ended.stdout.split() == [b"saved", b"saved"]


def test_what_can_not_be_saved_keeps_no_worker_from_ending() -> None:
    code = (
        "import os, signal, time; from kanta_core import drain;"
        "drain.on_sigterm(lambda: 1 / 0, grace=0.1); os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, timeout=50, check=False)
    assert ended.returncode == 128 + signal.SIGTERM, ended.stderr.decode()


def _etag(services: Services, image_id: uuid.UUID) -> str | None:
    with services.database.transaction() as connection:
        image = images.get(connection, image_id)
    return None if image is None else image.etag


def _export(services: Services, export: Export) -> Export | None:
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, "wedding")
        return exports.get(connection, event_id, export.id)


def _take(services: Services) -> dict[str, Any] | None:
    """A message of the export queue, as the host hands it over."""
    assert services.settings.storage_connection is not None
    connection = services.settings.storage_connection.get_secret_value()
    with QueueClient.from_connection_string(connection, EXPORT_QUEUE) as queue:
        message = queue.receive_message()
        if message is None:
            return None
        queue.delete_message(message)
    times = ("ExpirationTime", "InsertionTime", "NextVisibleTime")
    return {"body": message.content, **dict.fromkeys(times, "2026-11-22T00:00:00+00:00")}


def _names(services: Services, export: Export) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(_blob(services, export))) as archive:
        assert archive.testzip() is None
        return archive.namelist()


def _blob(services: Services, export: Export) -> bytes:
    url = services.blobs.link(export.blob_name, content_type="application/zip", container=EXPORTS)
    return httpx2.get(url).content
