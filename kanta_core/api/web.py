"""The files of Kanta's pages, read once, and the headers that every page is sent with."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import Request
from fastapi.responses import Response

_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
# Under a version's path a file never changes.
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_AGAIN = "no-cache"
GUARDED = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


@dataclass(frozen=True)
class Asset:
    """One file, as it is and packed."""

    content_type: str
    body: bytes
    packed: bytes = field(repr=False)
    etag: str

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """The file, or 304 to whoever has it."""
        headers = {**GUARDED, **headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        if self.etag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                self.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=self.content_type
            )
        return Response(self.body, headers=headers, media_type=self.content_type)


@dataclass(frozen=True)
class Web:
    """All files by name. `version` is the digest of them all, so that modules which import each other match."""

    version: str
    assets: Mapping[str, Asset]

    def page(self, name: str, request: Request, policy: Mapping[str, str]) -> Response:
        """An HTML page, which a browser asks for anew each time, and which may load what `policy` lists."""
        rules = "; ".join(f"{rule} {sources}" for rule, sources in policy.items())
        return self.assets[name].answer(request, {"Cache-Control": _ASK_AGAIN, "Content-Security-Policy": rules})

    def asset(self, version: str, name: str, request: Request) -> Response | None:
        """A file that pages load; None when there is none.

        Another version's path leads to this one's file, unkept: while a new version is being rolled out, a page
        may come from one process and its files from another.
        """
        found = self.assets.get(name)
        if found is None or name.endswith(".html"):
            return None
        return found.answer(request, {"Cache-Control": _FOR_EVER if version == self.version else _ASK_AGAIN})


@cache
def web() -> Web:
    """The files of kanta_core/web; `{version}` in a page stands for their digest."""
    found = sorted((files("kanta_core") / "web").iterdir(), key=lambda file: file.name)
    bodies = {file.name: file.read_bytes() for file in found if _is_ours(file)}
    digest = sha256(b"".join(name.encode() + b"\0" + body + b"\0" for name, body in bodies.items()))
    version = digest.hexdigest()[:12]
    return Web(version, {name: _asset(name, body, version) for name, body in bodies.items()})


def policy(**more: str) -> dict[str, str]:
    """What a page may load: nothing but its own scripts and styles, and `more` by rule (`img_src="'self'"`)."""
    rules = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return rules | {rule.replace("_", "-"): sources for rule, sources in more.items()}


def _asset(name: str, body: bytes, version: str) -> Asset:
    kind = name.rpartition(".")[2]
    if kind == "html":
        body = body.replace(b"{version}", version.encode())
    # Weak, as it stands for the packed bytes, too.
    return Asset(_TYPES[kind], body, gzip.compress(body), f'W/"{sha256(body).hexdigest()[:16]}"')


def _is_ours(file: Traversable) -> bool:
    return file.is_file() and file.name.rpartition(".")[2] in _TYPES
