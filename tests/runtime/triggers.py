"""What the host sends for each kind of trigger: the data's form, and the metadata that comes with it.

After the host's own conversions (its GrpcMessageConversionExtensions): a text goes as a string, bytes as
bytes, all else as JSON; headers are in lower case; a query parameter without a value is only in the URL.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from tests.runtime.host import Host

ORIGIN = "http://localhost:7071"


def http(host: Host, function: str, request: httpx.Request) -> httpx.Response:
    """One request through the HTTP function, and what the host would answer to its client."""
    protos = host.protos
    body = request.read()
    sent = protos.RpcHttp(
        method=request.method,
        url=str(request.url),
        headers={name.lower(): value for name, value in request.headers.items()},
        query={name: value for name, value in request.url.params.items() if value},
        params={"route": request.url.path.removeprefix("/")},
        # The host reads a body only where a length says there is one.
        body=protos.TypedData(bytes=body) if body else None,
    )
    answer = host.invoke(function, protos.TypedData(http=sent), {}).http
    return httpx.Response(int(answer.status_code), headers=dict(answer.headers), content=answer.body.bytes)


def blob(host: Host, function: str, container: str, name: str) -> Any:  # noqa: ANN401 - messages are made at run time
    """One delivery of the blob, as the SDK type that the function's annotation asks for."""
    content = {"Connection": "AzureWebJobsStorage", "ContainerName": container, "BlobName": name}
    data = host.protos.ModelBindingData(
        version="1.0",
        source="AzureStorageBlobs",
        content_type="application/json",
        content=json.dumps(content).encode(),
    )
    metadata = {"BlobTrigger": f"{container}/{name}", "name": name, "Properties": {}, "Metadata": {}}
    return host.invoke(function, host.protos.TypedData(model_binding_data=data), _metadata(host, metadata))


def queue(host: Host, function: str, body: str, dequeue_count: int = 1) -> Any:  # noqa: ANN401 - messages are made at run time
    """One delivery of the message, decoded from its base64."""
    now = datetime.now(UTC)
    metadata = {
        "QueueTrigger": body,
        "Id": str(uuid4()),
        "PopReceipt": "AgAAAAMAAAAAAAAA",
        "DequeueCount": dequeue_count,
        "InsertionTime": now.isoformat(timespec="seconds"),
        "ExpirationTime": (now + timedelta(days=7)).isoformat(timespec="seconds"),
        "NextVisibleTime": (now + timedelta(minutes=10)).isoformat(timespec="seconds"),
    }
    return host.invoke(function, host.protos.TypedData(string=body), _metadata(host, metadata))


def timer(host: Host, function: str, *, past_due: bool = False) -> Any:  # noqa: ANN401 - messages are made at run time
    """One tick."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    status = {"Last": now, "Next": now, "LastUpdated": now}
    tick = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": past_due}
    return host.invoke(function, host.protos.TypedData(json=json.dumps(tick)), _metadata(host, {}))


def _metadata(host: Host, values: Mapping[str, object]) -> dict[str, Any]:
    of_every_trigger = {"sys": {"MethodName": "function", "UtcNow": datetime.now(UTC).isoformat()}}
    return {
        name: host.protos.TypedData(string=value)
        if isinstance(value, str)
        else host.protos.TypedData(json=json.dumps(value))
        for name, value in {**values, **of_every_trigger}.items()
    }
