"""Plays the Functions host to one worker process: indexes a function app, and invokes its functions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from tests.python_path import CHECKOUT
from tests.runtime.contract import messages, read_message, write_message

# What whoever runs the tests has set for a Kanta of their own.
_SETTINGS = ("KANTA_", "POSTGRES_", "AZURE_STORAGE_", "AzureWebJobs")


class IndexingFailed(Exception):
    """The runtime does not take the function app; the message is its own."""


class InvocationFailed(Exception):
    """A function raised: the host would try again. The message is the runtime's own."""


@dataclass(frozen=True)
class Function:
    """One function as the runtime reports it to the host."""

    name: str
    function_id: str
    bindings: Sequence[Mapping[str, Any]]

    @property
    def trigger(self) -> Mapping[str, Any]:
        (trigger,) = [binding for binding in self.bindings if binding["type"].endswith("Trigger")]
        return trigger


class Host:
    """The runtime in a process of its own, over the function app in `folder`.

    The worker's environment is this process's, with `settings` as the only settings; what it prints goes to the
    file `log`. Raises IndexingFailed when the runtime refuses the app.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str], contract: Path, log: Path) -> None:
        self.protos = messages(contract)
        # Of the invocations from now on; empty where the host tells none.
        self.traceparent = ""
        self._answers: dict[str, Future[Any]] = {}
        self._lock = threading.Lock()
        environment = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}
        with log.open("wb") as output:
            self._worker = subprocess.Popen(
                [sys.executable, "-m", "tests.runtime.worker", contract],
                cwd=folder,
                # Not measured: it runs no line that others don't, and each would start half a second later.
                env={**environment, "PYTHONPATH": str(CHECKOUT), **settings},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
            )
        self._log = log
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._start(folder)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the worker."""
        assert self._worker.stdin is not None
        self._worker.stdin.close()
        try:
            self._worker.wait(10)
        except subprocess.TimeoutExpired:
            self._worker.kill()
        self._worker.wait(10)
        self._reader.join(10)
        assert self._worker.stdout is not None
        self._worker.stdout.close()

    def kill(self) -> None:
        """Ends the worker in the middle of whatever it does; invocations under way raise RuntimeError."""
        self._worker.kill()
        self._worker.wait(10)

    def invoke(self, name: str, data: Any, metadata: Mapping[str, Any], seconds: float = 60) -> Any:  # noqa: ANN401 - messages are made at run time
        """Triggers the function with `data`, a TypedData, and returns what it returned, as one.

        Raises InvocationFailed when the function raises, TimeoutError after `seconds`.
        """
        function = self.functions[name]
        request = self.protos.InvocationRequest(
            invocation_id=str(uuid4()),
            function_id=function.function_id,
            input_data=[self.protos.ParameterBinding(name=function.trigger["name"], data=data)],
            trigger_metadata=metadata,
            trace_context=self.protos.RpcTraceContext(trace_parent=self.traceparent),
        )
        response = self._ask("invocation_request", request, seconds).invocation_response
        if response.result.status != self.protos.StatusResult.Success:
            raise InvocationFailed(response.result.exception.message)
        return response.return_value

    def _start(self, folder: Path) -> None:
        request = self.protos.WorkerInitRequest(host_version="4.1044.0", function_app_directory=str(folder))
        started = self._ask("worker_init_request", request).worker_init_response
        if started.result.status != self.protos.StatusResult.Success:
            raise IndexingFailed(started.result.exception.message)
        self.capabilities = dict(started.capabilities)
        # What indexing alone imported.
        self.imported = frozenset(started.worker_metadata.custom_properties["imported"].split())
        request = self.protos.FunctionsMetadataRequest(function_app_directory=str(folder))
        indexed = self._ask("functions_metadata_request", request).function_metadata_response
        assert not indexed.use_default_metadata_indexing
        self.functions = {
            found.name: Function(found.name, found.function_id, [json.loads(raw) for raw in found.raw_bindings])
            for found in indexed.function_metadata_results
        }
        for found in indexed.function_metadata_results:
            load = self.protos.FunctionLoadRequest(function_id=found.function_id, metadata=found)
            loaded = self._ask("function_load_request", load).function_load_response
            assert loaded.result.status == self.protos.StatusResult.Success

    def _ask(self, kind: str, request: Any, seconds: float = 60) -> Any:  # noqa: ANN401 - messages are made at run time
        assert self._worker.stdin is not None
        identity = str(uuid4())
        answer = self._answers[identity] = Future()
        message = self.protos.StreamingMessage(request_id=identity, **{kind: request})
        with self._lock:
            write_message(self._worker.stdin, message)
        try:
            return answer.result(seconds)
        except TimeoutError:
            raise TimeoutError(f"waited {seconds} s for the answer to a {kind}\n{self._output()}") from None

    def _read(self) -> None:
        assert self._worker.stdout is not None
        while (message := read_message(self._worker.stdout, self.protos.StreamingMessage)) is not None:
            self._answers.pop(message.request_id).set_result(message)
        for waiting in list(self._answers.values()):
            waiting.set_exception(RuntimeError(f"the worker ended\n{self._output()}"))

    def _output(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]
