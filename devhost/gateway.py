"""Answers HTTP requests with the app's functions, as the Functions host does; an ASGI application."""

import asyncio
import contextlib
import http
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from devhost import app, console
from devhost.messages import BadRequest, Request, Response
from devhost.routes import Match, Routes

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
_log = console.source("http")
# How much more than its limit a client may send, and for how long, before its connection is cut.
_DRAIN_FACTOR, _DRAIN_SECONDS = 8, 60.0


class _TooLarge(Exception):
    """The body is over the limit."""


class _ClientGone(Exception):
    """The client closed its connection."""


class Gateway:
    """Calls HTTP functions, many at once: async ones as tasks, others in threads.

    `limit` is the largest body in bytes, `timeout` a function's longest run in seconds.
    """

    def __init__(
        self, functions: Mapping[str, app.AppFunction], routes: Routes, *, limit: int, timeout: float | None
    ) -> None:
        self._functions = functions
        self._routes = routes
        self._limit = limit
        self._timeout = timeout
        self._root = Path.cwd()

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request and writes its line to the log."""
        start, status, bodiless = time.monotonic(), 0, scope["method"] == "HEAD"
        try:
            response, unread = await self._respond(scope, receive)
            status = response.status
            await send(response.start(closes=unread, bodiless=bodiless))
            await send({"type": "http.response.body", "body": response.body, "more_body": unread})
            if unread:
                # Closing on a client that still sends would reset it before it has read the answer.
                await self._drain(receive)
                await send({"type": "http.response.body", "body": b""})
        except _ClientGone:
            pass
        finally:
            # Never the query: it may hold a signature or a token.
            path = scope["raw_path"].decode("latin-1")[:300]
            _log.info(
                "%s %s %s %s", scope["method"], path, status or "-", console.duration(time.monotonic() - start)
            )

    async def _respond(self, scope: Mapping[str, Any], receive: Receive) -> tuple[Response, bool]:
        """The response, and whether the client may still be sending."""
        try:
            request = Request.of(scope)
        except BadRequest as error:
            return Response.problem(http.HTTPStatus.BAD_REQUEST, str(error)), True
        match = self._routes.match(request.method, request.path)
        if match is None:
            return Response.problem(http.HTTPStatus.NOT_FOUND, "No function has this route."), True
        try:
            body = await self._body(request, receive)
        except _TooLarge:
            detail = f"The body is larger than {self._limit} bytes."
            return Response.problem(http.HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail), True
        return await self._call(request, match, body), False

    async def _call(self, request: Request, match: Match, body: bytes) -> Response:
        function = self._functions[match.function]
        context = app.new_context(function, self._root, request.headers)
        try:
            arguments = function.arguments.build(request.datum(match.parameters, body), context)
            async with asyncio.timeout(self._timeout):
                if function.is_async:
                    result = await function.call(**arguments)
                else:
                    result = await asyncio.to_thread(function.call, **arguments)
            return Response.of(result)
        except Exception:
            logging.getLogger(function.name).exception("the function raised")
            return Response.problem(http.HTTPStatus.INTERNAL_SERVER_ERROR, "The function failed.")

    async def _body(self, request: Request, receive: Receive) -> bytes:
        if request.content_length > self._limit:
            raise _TooLarge
        body = bytearray()
        async for chunk in _chunks(receive):
            body += chunk
            if len(body) > self._limit:
                raise _TooLarge
        return bytes(body)

    async def _drain(self, receive: Receive) -> None:
        rest = self._limit * _DRAIN_FACTOR
        with contextlib.suppress(TimeoutError, _ClientGone):
            async with asyncio.timeout(_DRAIN_SECONDS):
                async for chunk in _chunks(receive):
                    rest -= len(chunk)
                    if rest < 0:
                        return


async def _chunks(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            raise _ClientGone
        yield message.get("body", b"")
        more = message.get("more_body", False)
