"""Stands where Microsoft's worker process stands: between the host's messages and Microsoft's runtime.

`python -m tests.runtime.worker CONTRACT`, in the function app's folder: StreamingMessages on stdin, each
answered by one on stdout. All that a message means is the runtime's business (`azure_functions_runtime`, the
library that runs functions in Azure).
"""

from __future__ import annotations

import asyncio
import importlib
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

from tests.runtime.contract import messages, read_message, write_message

# Request → the runtime's function for it, and the response's field.
HANDLERS = {
    "worker_init_request": "worker_init_response",
    "functions_metadata_request": "function_metadata_response",
    "function_load_request": "function_load_response",
    "invocation_request": "invocation_response",
}


async def serve(protos: Any, incoming: IO[bytes], outgoing: IO[bytes]) -> None:  # noqa: ANN401 - made at run time
    """Answers every message until `incoming` ends; a slow function does not hold up the next message."""
    runtime = importlib.import_module("azure_functions_runtime")
    runtime.start_threadpool_executor()
    loop = asyncio.get_running_loop()

    async def answer(message: Any) -> None:  # noqa: ANN401 - made at run time
        kind = message.WhichOneof("content")
        request = SimpleNamespace(name=kind, request=message, properties={"host": "127.0.0.1", "protos": protos})
        response = await getattr(runtime, kind)(request)
        if kind == "worker_init_request":
            response.worker_metadata.custom_properties["imported"] = " ".join(sorted(sys.modules))
        reply = protos.StreamingMessage(request_id=message.request_id, **{HANDLERS[kind]: response})
        write_message(outgoing, reply)

    async with asyncio.TaskGroup() as answers:
        while message := await loop.run_in_executor(None, read_message, incoming, protos.StreamingMessage):
            answers.create_task(answer(message))


if __name__ == "__main__":
    # What functions print must not get between the messages.
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    asyncio.run(serve(messages(Path(sys.argv[1])), sys.stdin.buffer, outgoing))
