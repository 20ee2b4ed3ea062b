"""A photo as it comes over HTTP: in one part of a multipart body, or as the bare body."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from kanta_core.api.dependencies import ServicesOf
from kanta_core.errors import ImageTooLarge, Invalid, MalformedBody

# Headers, boundaries and other fields around the photo in a multipart body.
_MULTIPART_ROOM = 1_000_000
# What is longer is no text that anybody asked for; it is cut off somewhere after.
_LONGEST_TEXT = 1_000


@dataclass(frozen=True, slots=True)
class Sent:
    """A photo as it was sent, and the file name and the text that came with it."""

    data: bytes
    file_name: str | None
    text: str | None = None


def photo_body(field: str) -> tuple[Callable[[Request, ServicesOf], Awaitable[Sent]], dict[str, Any]]:
    """A dependency that reads the photo sent in the multipart `field` or as the bare body, and its OpenAPI.

    What the sender declares about the photo is no reason to refuse it. Nothing is spooled to disk, where nobody
    would erase it for sure.
    """

    async def read(request: Request, its: ServicesOf) -> Sent:
        limit = its.settings.max_upload_bytes
        content_type, options = parse_options_header(request.headers.get("content-type"))
        if content_type != b"multipart/form-data":
            return Sent(b"".join([chunk async for chunk in _capped(request, limit)]), None)
        form = _Form(field, boundary=options.get(b"boundary", b""), limit=limit)
        async for chunk in _capped(request, limit + _MULTIPART_ROOM):
            form.feed(chunk)
        return form.photo()

    binary = {"type": "string", "format": "binary"}
    form = {"type": "object", "required": [field], "properties": {field: binary}}
    content = {"multipart/form-data": {"schema": form}, "image/*": {"schema": binary}}
    return read, {"requestBody": {"required": True, "content": content}}


async def _capped(request: Request, limit: int) -> AsyncIterator[bytes]:
    """The body in pieces; ImageTooLarge as soon as it is longer than `limit`, or says that it will be."""
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and (len(declared) > len(str(limit)) or int(declared) > limit):
        raise ImageTooLarge
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise ImageTooLarge
        yield chunk


def photo_form(
    field: str, *, text: str
) -> tuple[Callable[[Request, ServicesOf], Awaitable[Sent]], dict[str, Any]]:
    """The same of a photo that is sent with a short text, which needs a form; the text is in the part `text`."""

    async def read(request: Request, its: ServicesOf) -> Sent:
        limit = its.settings.max_upload_bytes
        content_type, options = parse_options_header(request.headers.get("content-type"))
        if content_type != b"multipart/form-data":
            raise MalformedBody(f"Send a form (multipart/form-data) with the parts {field} and {text}.")
        form = _Form(field, boundary=options.get(b"boundary", b""), limit=limit, text=text)
        async for chunk in _capped(request, limit + _MULTIPART_ROOM):
            form.feed(chunk)
        return form.photo()

    properties = {field: {"type": "string", "format": "binary"}, text: {"type": "string"}}
    form = {"type": "object", "required": [field, text], "properties": properties}
    return read, {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": form}}}}


class _Form:
    """The photo in a multipart body, and the text beside it; other fields are passed over, unkept."""

    def __init__(self, field: str, *, boundary: bytes, limit: int, text: str | None = None) -> None:
        self._field = field
        self._text_field = text
        self._limit = limit
        self._disposition = b""
        self._header = b""
        self._value = b""
        self._found = False
        self._pieces: list[bytes] = []
        self._size = 0
        self._file_name: str | None = None
        self._in_photo = False
        self._text = b""
        self._in_text = False
        self._complete = False
        if not boundary:
            raise MalformedBody("The multipart body has no boundary.")
        try:
            self._parser = MultipartParser(
                boundary,
                {
                    "on_part_begin": self._part_begins,
                    "on_header_field": self._header_field,
                    "on_header_value": self._header_value,
                    "on_header_end": self._header_ends,
                    "on_headers_finished": self._headers_end,
                    "on_part_data": self._part_data,
                    "on_end": self._end,
                },
            )
        except FormParserError as error:
            raise MalformedBody from error

    def feed(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except FormParserError as error:
            raise MalformedBody("The multipart body is malformed.") from error

    def photo(self) -> Sent:
        """The photo, once the body is at its end."""
        if not self._complete:
            raise MalformedBody("The multipart body ends before its last boundary.")
        if not self._found:
            raise Invalid(f"The part {self._field} is missing.")
        return Sent(b"".join(self._pieces), self._file_name, _text(self._text) if self._text else None)

    def _part_begins(self) -> None:
        self._disposition = b""

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        self._in_photo = name == self._field.encode()
        self._in_text = self._text_field is not None and name == self._text_field.encode()
        if self._in_photo:
            if self._found:
                raise Invalid(f"There are several parts {self._field}; send one photo at a time.")
            self._found = True
            self._file_name = _text(options.get(b"filename", b""))

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_text and len(self._text) < _LONGEST_TEXT:
            self._text += data[start:end]
        if self._in_photo:
            self._size += end - start
            if self._size > self._limit:
                raise ImageTooLarge
            self._pieces.append(data[start:end])

    def _end(self) -> None:
        self._complete = True


def _text(name: bytes) -> str:
    # UTF-8 says RFC 7578; older clients send their own code page.
    try:
        return name.decode()
    except UnicodeDecodeError:
        return name.decode("latin-1")
