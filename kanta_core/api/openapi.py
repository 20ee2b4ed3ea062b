"""What the OpenAPI document says about errors: every operation lists the problems it may answer with."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from kanta_core.api.problems import MEDIA_TYPE, document, status_of
from kanta_core.api.schemas.people import PersonState, ShownFace
from kanta_core.errors import (
    BrokenImage,
    Busy,
    DatabaseUnavailable,
    EmptyImage,
    ImageTooLarge,
    Invalid,
    KantaError,
    MalformedBody,
    SchemaOutdated,
    TooManyPixels,
    TooManyRequests,
    UnsupportedImage,
)

# What may be wrong with a photo that is sent.
OF_A_PHOTO = (MalformedBody, EmptyImage, UnsupportedImage, BrokenImage, ImageTooLarge, TooManyPixels)
# And with a search for whom it shows.
OF_A_SEARCH = (*OF_A_PHOTO, TooManyRequests, Busy)
_REFERENCE = "#/components/schemas/{model}"
_LATER = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_WAITING = {"Retry-After": {"description": "Seconds after which to ask again.", "schema": {"type": "integer"}}}
_EVERYWHERE = (Invalid, DatabaseUnavailable, SchemaOutdated)


class InvalidValue(BaseModel):
    """Where in the request a value is invalid, and why."""

    where: str
    why: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `type` is stable; `detail` is a sentence for people.

    `instance` is the request's id, which its answer has as `X-Request-Id` and the log beside the cause.
    `errors` lists the invalid values of a request, `parts` the parts of Kanta and how they are, with how long each
    took in `milliseconds`, `people` those that changed meanwhile, as they are now, `faces` those found in a photo
    that shows too many.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    errors: list[InvalidValue] = []
    parts: dict[str, str] = {}
    milliseconds: dict[str, float] = {}
    telemetry: str | None = None
    people: list[PersonState] = []
    faces: list[ShownFace] = []


def problems_of(*kinds: type[KantaError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of an operation that may end in these errors, besides those that any may end in."""
    by_status: dict[int, list[KantaError]] = {}
    for kind in (*kinds, *_EVERYWHERE):
        by_status.setdefault(status_of(kind), []).append(kind())
    return {
        status: _response(errors) | ({"headers": _WAITING} if status in _LATER else {})
        for status, errors in sorted(by_status.items())
    }


def _response(errors: list[KantaError]) -> dict[str, Any]:
    examples = {error.slug: {"value": document(error)} for error in errors}
    content = {"schema": {"$ref": _REFERENCE.format(model=Problem.__name__)}, "examples": examples}
    return {"description": " ".join(error.message for error in errors), "content": {MEDIA_TYPE: content}}


class DocumentedApp(FastAPI):
    """An application whose OpenAPI document defines the Problem that operations refer to."""

    def openapi(self) -> dict[str, Any]:
        described = super().openapi()
        schema = Problem.model_json_schema(ref_template=_REFERENCE)
        described["components"]["schemas"] |= schema.pop("$defs") | {Problem.__name__: schema}
        return described
