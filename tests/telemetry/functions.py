"""Kanta's functions, loaded as the dev host's worker loads them, and triggered one by one in this process."""

from __future__ import annotations

import base64
import json
import logging
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from azure.storage.queue import QueueClient
from starlette.testclient import TestClient

from devhost import app, web
from kanta_core import services as composition
from kanta_core import telemetry
from kanta_core.services import Services

ROOT = Path(__file__).parent.parent.parent
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HEADERS = {"traceparent": f"00-{TRACE}-{CALLER}-00"}
_TIMES = dict.fromkeys(("ExpirationTime", "InsertionTime", "NextVisibleTime"), "2026-11-22T00:00:00+00:00")
_TIMER = {
    "IsPastDue": False,
    "ScheduleStatus": {"Last": _TIMES["InsertionTime"], "Next": _TIMES["InsertionTime"]},
    "Schedule": {"AdjustForDST": True},
}


@dataclass
class Functions:
    """The function app over these services."""

    services: Services
    loaded: dict[str, app.AppFunction]
    client: TestClient
    runner: app.Runner = field(default_factory=lambda: app.Runner(ROOT))

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:  # noqa: ANN401 - passed on
        """An HTTP request through the function, in the caller's trace."""
        return self.client.request(method, path, headers=HEADERS, **options)

    def blob(self, name: str) -> None:
        """The photo's blob arrived."""
        self._run("encode_photo", {"container": "photos", "name": name, "etag": ""})

    def timer(self, function: str) -> None:
        self._run(function, _TIMER)

    def queue(self, function: str, name: str) -> Mapping[str, str]:
        """The first message of the queue, given to the function and deleted."""
        with self._queue(name) as queue:
            message = queue.receive_message()
            assert message is not None, f"nothing is on {name}"
            body = base64.b64decode(message.content)
            self.message(function, json.loads(body))
            queue.delete_message(message)
        told: Mapping[str, str] = json.loads(body)
        return told

    def message(self, function: str, message: Mapping[str, str]) -> None:
        body = base64.b64encode(json.dumps(message).encode()).decode()
        self._run(function, {"body": body, "Id": "1", "PopReceipt": "1", "DequeueCount": 1, **_TIMES})

    def _queue(self, name: str) -> QueueClient:
        connection = self.services.settings.storage_connection
        assert connection is not None
        return QueueClient.from_connection_string(connection.get_secret_value(), name)

    def _run(self, function: str, payload: Mapping[str, Any]) -> None:
        self.runner.run(self.loaded[function], payload)


@contextmanager
def running(services: Services, **settings: str) -> Iterator[Functions]:
    """The function app with these settings besides; what it changes in this process is put back."""
    before, factory = signal.getsignal(signal.SIGTERM), logging.getLogRecordFactory()
    connection = services.settings.storage_connection
    assert connection is not None
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        patch.setenv("AzureWebJobsStorage", connection.get_secret_value())
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr(composition, "_services", services)
        try:
            loaded = app.load(ROOT)
            gateway: Any = web.gateway(loaded)
            yield Functions(services, loaded, TestClient(gateway))
        finally:
            telemetry.shut_down()
            module = sys.modules.pop("function_app", None)
            if module is not None:
                # It says good-bye when it is collected, in a loop of its own: it may be inside another's by then.
                module.app.startup_task_done = False
            signal.signal(signal.SIGTERM, before)
            logging.setLogRecordFactory(factory)
