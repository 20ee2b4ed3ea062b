"""HTTP messages as the Functions host hands them to the app and takes them back."""

import http
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_to_bytes

from azure.functions.http import HttpResponseConverter
from azure.functions.meta import Datum

_HOST = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_PATH_SAFE = "/:@!$&'()*+,;=~-._"
# Of one connection, not of the message: uvicorn writes its own.
_NOT_THE_APPS = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})


class BadRequest(Exception):
    """The request names no URL: what is wrong with it."""


@dataclass(frozen=True)
class Request:
    """One request without its body; `path` is percent-encoded as it came."""

    method: str
    path: str
    query: str
    host: str
    headers: Mapping[str, str]

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Request":
        """From an ASGI scope. Raises BadRequest."""
        headers: dict[str, str] = {}
        for raw_name, raw_value in scope["headers"]:
            name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
            headers[name] = f"{headers[name]},{value}" if name in headers else value
        host = headers.get("host") or "localhost"
        if not _HOST.fullmatch(host):
            raise BadRequest("The Host header is no host.")
        path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        return cls(scope["method"], _clean_path(path), query, host, headers)

    @property
    def content_length(self) -> int:
        """What the client says it sends, 0 if it does not say."""
        length = self.headers.get("content-length", "")
        return int(length) if length.isascii() and length.isdigit() else 0

    def datum(self, parameters: Mapping[str, str], body: bytes) -> Datum:
        """What the host sends a worker, for a function whose route took `parameters`."""
        query: dict[str, str] = {}
        for name, value in parse_qsl(self.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        url = f"http://{self.host}{self.path}" + (f"?{self.query}" if self.query else "")
        fields = {
            "method": Datum(self.method, "string"),
            "url": Datum(url, "string"),
            "headers": _strings(self.headers),
            "query": _strings(query),
            "params": _strings(parameters),
            "body": Datum(body, "bytes"),
        }
        return Datum(fields, "http")


@dataclass(frozen=True)
class Response:
    """One response, whole."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of(cls, result: object) -> "Response":
        """From what a function returned, by Microsoft's converter. Raises NotImplementedError for no response."""
        if result is None:
            return cls(http.HTTPStatus.NO_CONTENT)
        datum = HttpResponseConverter.encode(result, expected_type=None)
        if datum.type == "string":
            return cls(http.HTTPStatus.OK, [("content-type", "text/plain; charset=utf-8")], datum.value.encode())
        headers = [(name, each.value) for name, each in datum.value["headers"].items()]
        for cookie in datum.value["cookies"] or ():
            headers += [("set-cookie", morsel.OutputString()) for morsel in cookie.values()]
        return cls(int(datum.value["status_code"].value), headers, datum.value["body"].value)

    @classmethod
    def problem(cls, status: http.HTTPStatus, detail: str) -> "Response":
        """An RFC 9457 problem document."""
        content = {"type": "about:blank", "title": status.phrase, "status": int(status), "detail": detail}
        return cls(status, [("content-type", "application/problem+json")], json.dumps(content).encode())

    def start(self, *, closes: bool, bodiless: bool) -> dict[str, Any]:
        """The ASGI event that begins it; `bodiless` answers HEAD, and leaves the length to the app."""
        kept = _NOT_THE_APPS - ({"content-length"} if bodiless else set())
        headers = [(name, value) for name, value in self.headers if name.lower() not in kept]
        has_body = self.status >= http.HTTPStatus.OK and self.status not in (204, 304)
        if has_body and not bodiless:
            headers.append(("content-length", str(len(self.body))))
        if closes:
            headers.append(("connection", "close"))
        encoded = [(name.lower().encode("latin-1"), _octets(value)) for name, value in headers]
        return {"type": "http.response.start", "status": self.status, "headers": encoded}


def _clean_path(path: str) -> str:
    """A path that is UTF-8 under its percent-encoding: as Kestrel does, what is not stays as it was written."""
    if not path.startswith("/"):
        # A proxy's absolute form: http://host/path.
        path = "/" + path.partition("://")[2].partition("/")[2]
    octets = unquote_to_bytes(path)
    if b"\x00" in octets:
        raise BadRequest("The path holds a NUL.")
    try:
        octets.decode()
    except UnicodeDecodeError:
        text = octets.decode("utf-8", "surrogateescape")
        literal = re.sub("[\udc80-\udcff]", lambda match: f"%{ord(match[0]) - 0xDC00:02X}", text)
        return quote(literal, safe=_PATH_SAFE)
    return path.replace("#", "%23")


def _text(octets: bytes) -> str:
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _octets(text: str) -> bytes:
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode()


def _strings(values: Mapping[str, str]) -> dict[str, Datum]:
    return {name: Datum(value, "string") for name, value in values.items()}
