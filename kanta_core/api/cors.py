"""Which pages of other origins a browser lets ask Kanta: none, unless KANTA_CORS_ORIGINS names them.

Credentials are sent by a page on purpose, never by its browser: no origin is let use cookies or the like.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from kanta_core.api import correlation, paging, problems
from kanta_core.errors import KantaError, OriginRefused
from kanta_core.services import Services

_METHODS = ("GET", "POST", "PUT", "DELETE")
_ASKS_WITH = ("Authorization", "Content-Type")
_LETS_READ = (paging.TOTAL, "Link", "Retry-After", "Location", correlation.HEADER)


class Cors:
    """Answers what browsers ask beforehand, and marks answers as readable for the origins of the settings."""

    def __init__(self, app: ASGIApp, provide: Callable[[], Services]) -> None:
        self._app = app
        self._provide = provide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and "origin" in Headers(scope=scope) and (origins := self._origins()):
            app = _Judge(
                app,
                allow_origins=origins,
                allow_methods=_METHODS,
                allow_headers=_ASKS_WITH,
                expose_headers=_LETS_READ,
            )
        await app(scope, receive, send)

    def _origins(self) -> tuple[str, ...]:
        try:
            return self._provide().settings.cors_origins
        except KantaError:
            # Whoever answers the request will say so.
            return ()


class _Judge(CORSMiddleware):
    """Starlette's, with a problem document for a refusal."""

    def preflight_response(self, request_headers: Headers) -> Response:
        answered = super().preflight_response(request_headers)
        return problems.answer(OriginRefused()) if answered.status_code >= 400 else answered  # noqa: PLR2004 - an error
