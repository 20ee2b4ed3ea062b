"""Errors as problem documents (RFC 9457): the one place where Kanta's errors meet HTTP."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kanta_core.api.correlation import asked
from kanta_core.api.schemas.people import ShownFace
from kanta_core.errors import (
    Conflict,
    ImageTooLarge,
    Invalid,
    KantaError,
    MalformedBody,
    NotFound,
    OriginRefused,
    Refusal,
    ScopeMissing,
    SeveralFaces,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedImage,
)

_log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_STATUS: dict[type[KantaError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    ScopeMissing: HTTPStatus.FORBIDDEN,
    OriginRefused: HTTPStatus.FORBIDDEN,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    NotFound: HTTPStatus.NOT_FOUND,
    Conflict: HTTPStatus.CONFLICT,
    ImageTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedImage: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Refusal: HTTPStatus.UNPROCESSABLE_ENTITY,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    KantaError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
# Seconds after which what is down may be up again: the database's pool has tried by then.
_MOMENT = 5
# A request can be wrong in as many places as it has.
_MOST_ERRORS = 20


def status_of(kind: type[KantaError]) -> HTTPStatus:
    """What an error is over HTTP: the status of its nearest ancestor that has one."""
    return next(_STATUS[base] for base in kind.__mro__ if base in _STATUS)


def document(error: KantaError, **extra: object) -> dict[str, Any]:
    """The problem document of an error; its kind's sentence is the title."""
    if isinstance(error, SeveralFaces) and error.boxes:
        extra["faces"] = [ShownFace.of(box).model_dump(mode="json") for box in error.boxes]
    return _document(status_of(type(error)), error.slug, type(error)().message, error.message, **extra)


def answer(error: KantaError, **extra: object) -> JSONResponse:
    """The answer to a request that ended in `error`, which the log is told of, too."""
    if isinstance(error, Unavailable):
        cause = type(error.__cause__ or error).__name__
        _note(logging.WARNING, error, f"; {error.message} ({cause})")
    else:
        _note(logging.INFO, error)
    return _answer(error, **extra)


def install(app: FastAPI) -> None:
    """Make every error of `app` a problem document, whoever raised it."""
    app.add_exception_handler(KantaError, _on_kanta_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)
    # Starlette's own last resort answers and raises as well, which would fail the function around it.
    app.add_middleware(_LastResort)


def _document(status: int, slug: str, title: str, detail: str, **extra: object) -> dict[str, Any]:
    known = {"type": f"urn:kanta:problem:{slug}", "title": title, "status": int(status), "detail": detail}
    return {**known, **extra}


def _answer(error: KantaError, **extra: object) -> JSONResponse:
    status = status_of(type(error))
    return JSONResponse(_identified(document(error, **extra)), status, _headers(error), MEDIA_TYPE)


def _headers(error: KantaError) -> dict[str, str]:
    if isinstance(error, Unauthenticated):
        return {"WWW-Authenticate": "Bearer"}
    if isinstance(error, Unavailable):
        return {"Retry-After": str(_MOMENT)}
    return {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else {}


def _identified(content: dict[str, Any]) -> dict[str, Any]:
    """The document with the id of the request that ended so, which the log has as well."""
    its = asked()
    return content if its is None else {**content, "instance": its.id.urn}


def _note(level: int, error: KantaError, more: str = "", cause: Exception | None = None) -> None:
    its = asked()
    what, urn = (its.what, its.id.urn) if its is not None else ("a request", "no id")
    _log.log(level, "%s: %d %s, %s%s", what, status_of(type(error)), error.slug, urn, more, exc_info=cause)


async def _on_kanta_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KantaError)
    return answer(error) if isinstance(error, (Refusal, Unavailable)) else _internal(error)


async def _on_invalid_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(entry["type"] == "json_invalid" for entry in found):
        return answer(MalformedBody("The body is not valid JSON."))
    # Only where and why: what was sent may be a secret, or text that JSON can't carry.
    listed = [
        {"where": ".".join(_plain(str(part)) for part in entry["loc"]), "why": _plain(entry["msg"])}
        for entry in found[:_MOST_ERRORS]
    ]
    return answer(Invalid("; ".join(f"{entry['where']}: {entry['why']}" for entry in listed)), errors=listed)


async def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        # FastAPI's answer to a body that is no UTF-8 or nested too deeply.
        return answer(MalformedBody("The body is not valid JSON."))
    title = HTTPStatus(error.status_code).phrase
    content = _identified(_document(error.status_code, title.lower().replace(" ", "-"), title, str(error.detail)))
    return JSONResponse(content, error.status_code, error.headers, MEDIA_TYPE)


def _internal(error: Exception) -> JSONResponse:
    ours = KantaError("Something went wrong in Kanta; the log tells what, under this problem's id.")
    _note(logging.ERROR, ours, cause=error)
    return _answer(ours)


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
