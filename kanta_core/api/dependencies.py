"""What the routes ask for: the services, and a photo sent as multipart or as the bare body."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from kanta_core.domain.codes import fold_code
from kanta_core.errors import EventNotFound, ImageTooLarge, Invalid, MalformedBody
from kanta_core.services import Services, services

ServicesOf = Annotated[Services, Depends(services)]

# Headers and boundaries around the photo in a multipart body.
_MULTIPART_ROOM = 1_000_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A photo as it was sent, and the file name that came with it."""

    data: bytes
    file_name: str | None


class _InMemory(MultiPartParser):
    # A photo is never spooled to disk, where nobody would erase it for sure.
    spool_max_size = 1 << 40


def code_of(event_code: Annotated[str, Query(description="The event's code; upper case is folded.")]) -> str:
    """The code asked for, folded; what can't be a code is an unknown event's."""
    return known_form(event_code)


def known_form(event_code: str) -> str:
    """The code, folded; EventNotFound for what can't be one."""
    code = fold_code(event_code)
    if code is None:
        raise EventNotFound
    return code


EventCode = Annotated[str, Depends(code_of)]


def path_code(event_code: str) -> str:
    return known_form(event_code)


PathEventCode = Annotated[str, Depends(path_code)]


def image_body(field: str) -> tuple[Callable[[Request, ServicesOf], Awaitable[Sent]], dict[str, Any]]:
    """A dependency that reads the photo sent in the multipart `field` or as the bare body, and its OpenAPI."""

    async def read(request: Request, its: ServicesOf) -> Sent:
        limit = its.settings.max_upload_bytes
        declared = request.headers.get("content-length", "")
        if declared.isascii() and declared.isdigit() and int(declared) > limit + _MULTIPART_ROOM:
            raise ImageTooLarge
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            return await _part(request, field)
        return Sent(await _bare(request, limit), None)

    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": [field], "properties": {field: binary}}
    content = {"multipart/form-data": {"schema": form}, "image/*": {"schema": binary}}
    return read, {"requestBody": {"required": True, "content": content}}


async def _part(request: Request, field: str) -> Sent:
    parser = _InMemory(request.headers, request.stream(), max_files=8, max_fields=32)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise MalformedBody("The multipart body is malformed.") from error
    try:
        part = form.get(field)
        if part is None:
            raise Invalid(f"The part {field} is missing.")
        if not isinstance(part, UploadFile):
            raise Invalid(f"The part {field} is no file: it has no file name.")
        return Sent(await part.read(), part.filename)
    finally:
        await form.close()


async def _bare(request: Request, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise ImageTooLarge
        chunks.append(chunk)
    return b"".join(chunks)
