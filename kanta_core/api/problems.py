"""Errors as problem documents (RFC 9457): the one place where Kanta's errors meet HTTP."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kanta_core.errors import (
    BrokenImage,
    Conflict,
    EmptyImage,
    ImageTooLarge,
    Invalid,
    KantaError,
    MalformedBody,
    NoFace,
    NotFound,
    SeveralFaces,
    TooManyPixels,
    Unavailable,
    UnsupportedImage,
)

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[KantaError], HTTPStatus] = {
    MalformedBody: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedImage: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    EmptyImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    BrokenImage: HTTPStatus.UNPROCESSABLE_ENTITY,
    TooManyPixels: HTTPStatus.UNPROCESSABLE_ENTITY,
    Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoFace: HTTPStatus.UNPROCESSABLE_ENTITY,
    SeveralFaces: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}
_RETRY_AFTER_SECONDS = "5"


def problem(
    status: int, slug: str, detail: str, *, headers: Mapping[str, str] | None = None, **extra: object
) -> JSONResponse:
    """A problem document; `slug` is the stable part of its type."""
    content = {
        "type": f"urn:kanta:problem:{slug}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def of_error(error: KantaError) -> JSONResponse:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), None)
    if status is None:
        return _internal(error)
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if status is HTTPStatus.SERVICE_UNAVAILABLE else None
    return problem(status, error.slug, error.message, headers=headers)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document, whoever raised it."""
    app.add_exception_handler(KantaError, _on_kanta_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    # Starlette's own last resort answers and raises as well, which would fail the function around it.
    app.add_middleware(_LastResort)


async def _on_kanta_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KantaError)
    if isinstance(error, Unavailable):
        _log.warning("%s (%s)", error.message, type(error.__cause__ or error).__name__)
    return of_error(error)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Only where and why: what was sent may be a secret, or text that JSON can't carry.
    found: list[dict[str, Any]] = [
        {"where": ".".join(_plain(str(part)) for part in entry["loc"]), "why": _plain(entry["msg"])}
        for entry in error.errors()
    ]
    detail = "; ".join(f"{entry['where']}: {entry['why']}" for entry in found)
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, Invalid.slug, detail, errors=found)


async def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    return problem(error.status_code, slug, str(error.detail), headers=error.headers)


def _internal(error: Exception) -> JSONResponse:
    _log.error("a request ended in an error of ours", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR, KantaError.slug, "Something went wrong in Kanta; it is in the log."
    )


def _plain(text: str) -> str:
    return text.encode(errors="replace").decode()


class _LastResort:
    """Answers an error nobody handled with a problem document that tells nothing of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:
            if started or scope["type"] != "http":
                raise
            await _internal(error)(scope, receive, send)
