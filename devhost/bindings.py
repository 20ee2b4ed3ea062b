"""What a function's arguments get: decoded by Microsoft's own converters, chosen by annotation as in the cloud."""

import base64
import inspect
import json
import os
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.functions import Context, get_binding_registry
from azure.functions.meta import Datum, InConverter
from azure.storage.blob import BlobClient

# The triggers the dev host runs, as function.json calls them.
KINDS = ("httpTrigger", "blobTrigger", "queueTrigger", "timerTrigger")
# What the host knows of one invocation: a request, or where a blob is, a message, a timer's state.
Payload = Datum | Mapping[str, Any]
_EXTENSIONS = "azurefunctions.extensions.base"


class BlobGone(Exception):
    """The blob was deleted before its function ran."""


@dataclass(frozen=True)
class _ModelBindingData:
    """What the host sends for an SDK type: where the blob is, and none of its bytes."""

    version: str
    source: str
    content_type: str
    content: bytes


class Arguments:
    """The arguments of one function, checked against its signature when it is made (ValueError)."""

    def __init__(self, function: str, call: Callable[..., Any], trigger: Mapping[str, Any]) -> None:
        self._kind = str(trigger["type"])
        self._name = str(trigger["name"])
        self._connection = str(trigger.get("connection") or "AzureWebJobsStorage")
        parameters = inspect.signature(call).parameters
        self._annotation = typing.get_type_hints(call).get(self._name)
        if self._name not in parameters:
            raise ValueError(f"function {function} has no argument {self._name!r}, which its trigger names")
        others = set(parameters) - {self._name, "context"}
        if others:
            raise ValueError(f"function {function} has an argument that nothing binds: {min(others)!r}")
        self._wants_context = "context" in parameters
        self._extension = _extension(self._annotation)
        if self._extension is None:
            self._check_annotation(function)

    def build(self, payload: Payload, context: Context) -> dict[str, Any]:
        """The keyword arguments for one invocation. Raises BlobGone."""
        arguments = {self._name: self._decode(payload)}
        if self._wants_context:
            arguments["context"] = context
        return arguments

    def _check_annotation(self, function: str) -> None:
        if self._kind not in KINDS:
            raise ValueError(f"function {function} has a {self._kind}, which the dev host lacks")
        known = self._annotation is None or (
            isinstance(self._annotation, type)
            and _converter(self._kind).check_input_type_annotation(self._annotation)
        )
        if not known:
            raise ValueError(f"function {function}: a {self._kind} can't give {self._name!r} its annotated type")

    def _decode(self, payload: Payload) -> object:
        if isinstance(payload, Datum):
            return _converter(self._kind).decode(payload, trigger_metadata={})
        match self._kind:
            case "blobTrigger" if self._extension:
                content = {"Connection": self._connection, **_container_and_blob(payload)}
                return self._extension.decode(
                    Datum(_model_binding_data(content), "model_binding_data"),
                    trigger_metadata=None,
                    pytype=self._annotation,
                )
            case "blobTrigger":
                data, metadata = _download(self._connection, payload)
            case "queueTrigger":
                data, metadata = Datum(base64.b64decode(payload["body"]), "bytes"), _queue_metadata(payload)
            case _:
                data, metadata = Datum(json.dumps(payload), "json"), {}
        return _converter(self._kind).decode(data, trigger_metadata=metadata)


def _converter(kind: str) -> type[InConverter]:
    registry = get_binding_registry()  # type: ignore[no-untyped-call] # azure.functions left it untyped
    converter: type[InConverter] = registry.get(kind)
    return converter


def _extension(annotation: object) -> Any:  # noqa: ANN401 - the extensions ship no types
    """The converter of an SDK type (BlobClient, ...), if the annotation is one: the app imports them itself."""
    base = sys.modules.get(_EXTENSIONS)
    registry = base.get_binding_registry() if base else None
    if registry is None or not registry.check_supported_type(annotation):
        return None
    return registry.get("blobTrigger")


def _container_and_blob(payload: Mapping[str, str]) -> dict[str, str]:
    return {"ContainerName": payload["container"], "BlobName": payload["name"]}


def _model_binding_data(content: Mapping[str, str]) -> _ModelBindingData:
    return _ModelBindingData("1.0", "AzureStorageBlobs", "application/json", json.dumps(content).encode())


def _download(connection: str, payload: Mapping[str, str]) -> tuple[Datum, dict[str, Datum]]:
    container, name = payload["container"], payload["name"]
    storage = os.environ.get(connection) or os.environ[f"AzureWebJobs{connection}"]
    with BlobClient.from_connection_string(storage, container, name) as blob:
        try:
            stream = blob.download_blob()
            content = stream.readall()
        except ResourceNotFoundError as error:
            raise BlobGone from error
    properties = {
        "ContentLength": len(content),
        "ContentType": stream.properties.content_settings.content_type,
        "ETag": payload["etag"],
        "LastModified": stream.properties.last_modified.isoformat(),
    }
    metadata = {
        "BlobTrigger": Datum(f"{container}/{name}", "string"),
        "Uri": Datum(blob.url, "string"),
        "Properties": Datum(json.dumps(properties), "json"),
        "Metadata": Datum(json.dumps(stream.properties.metadata), "json"),
    }
    return Datum(content, "bytes"), metadata


def _queue_metadata(payload: Mapping[str, Any]) -> dict[str, Datum]:
    metadata = {name: Datum(payload[name], "string") for name in ("Id", "PopReceipt")}
    for name in ("ExpirationTime", "InsertionTime", "NextVisibleTime"):
        metadata[name] = Datum(payload[name], "string")
    return metadata | {"DequeueCount": Datum(payload["DequeueCount"], "int")}
