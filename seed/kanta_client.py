"""What the seed program asks of Kanta's HTTP API."""

import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
from photo_source import Photo
from retries import answer_of

_CHUNK: Final = 64 * 1024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
# A large photo is read, hashed and stored before the answer starts.
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0, read=180.0, pool=None)


class ApiError(Exception):
    """The API said no. `status` is its HTTP status; the message is its problem document's own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Stored:
    """A photo as the API knows it; `new` is False when it had these very bytes before."""

    uuid: str
    new: bool
    status: str
    status_reason: str | None


class KantaClient:
    """The API at `api_url`; `notice` hears, in a sentence, of each request that has to be tried again."""

    def __init__(
        self, api_url: str, api_key: str | None, notice: Callable[[str], None], connections: int = 5
    ) -> None:
        url = httpx.URL(api_url)
        self._notice = notice
        self._http = httpx.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            # A proxy of the environment reaches another machine's localhost.
            trust_env=url.host not in _LOOPBACK,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def create_event(self, event_code: str) -> bool:
        """Makes sure that the event exists: True when it is new, False when it was there already.

        Raises ApiError when the API refuses, NoAnswerError when it cannot be reached.
        """

        async def send() -> httpx.Response:
            return await self._http.post("/events", json={"event_code": event_code})

        response = await answer_of(send, self._notice)
        if response.status_code == httpx.codes.CONFLICT:
            return False
        _raise_for_problem(response)
        return True

    async def upload(self, event_code: str, photo: Photo) -> Stored:
        """Puts `photo` into the event, reading it from disk as it is sent; safe to repeat.

        Raises ApiError when the API refuses it, NoAnswerError when there is no lasting answer, and one of
        READ_ERRORS when the photo is no more what it was when it was examined.
        """

        async def send() -> httpx.Response:
            # Made anew for each try: a stream that broke cannot be sent again.
            boundary = secrets.token_hex(16)
            head, tail = _multipart_frame(photo, boundary)
            return await self._http.post(
                f"/pics/{quote(event_code, safe='')}",
                content=_framed(photo, head, tail),
                headers={
                    "Content-Type": f"multipart/form-data; boundary={boundary}",
                    "Content-Length": str(len(head) + photo.size + len(tail)),
                },
            )

        response = await answer_of(send, self._notice)
        body = _json_object(response)
        try:
            return Stored(
                uuid=str(body["uuid"]),
                new=response.status_code != httpx.codes.OK,
                status=str(body["status"]),
                status_reason=body.get("status_reason"),
            )
        except KeyError as error:
            raise ApiError(response.status_code, f"the answer has no {error}") from error

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:  # noqa: ANN401 - JSON
        """The JSON at `path`. Raises ApiError and NoAnswerError as the others do."""

        async def send() -> httpx.Response:
            return await self._http.get(path, params=query)

        response = await answer_of(send, self._notice)
        _raise_for_problem(response)
        return response.json()


def _multipart_frame(photo: Photo, boundary: str) -> tuple[bytes, bytes]:
    """What stands before and after a photo's bytes in a form (RFC 7578), with its file name and no folder."""
    name = PurePosixPath(photo.name).name.encode(errors="replace")
    # As browsers escape it: https://html.spec.whatwg.org/#multipart-form-data
    for raw, escaped in ((b"\r", b"%0D"), (b"\n", b"%0A"), (b'"', b"%22")):
        name = name.replace(raw, escaped)
    head = (
        f"--{boundary}\r\nContent-Type: {photo.media_type}\r\n".encode()
        + b'Content-Disposition: form-data; name="image_file"; filename="'
        + name
        + b'"\r\n\r\n'
    )
    return head, f"\r\n--{boundary}--\r\n".encode()


async def _framed(photo: Photo, head: bytes, tail: bytes) -> AsyncIterator[bytes]:
    yield head
    left = photo.size
    with photo.open() as stream:
        while chunk := stream.read(_CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            yield chunk
    if left:
        raise OSError("its length changed while it was sent")
    yield tail


def _json_object(response: httpx.Response) -> dict[str, Any]:
    _raise_for_problem(response)
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise ApiError(response.status_code, "the answer is no JSON object; is this Kanta's API?")
    return body


def _raise_for_problem(response: httpx.Response) -> None:
    """Raises ApiError with the title and detail of a problem document (RFC 9457) unless it is a success."""
    if response.is_success:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = None
    words = [problem.get(key) for key in ("title", "detail")] if isinstance(problem, dict) else []
    # Where a problem has no more to say than its title, some repeat it.
    sentences = dict.fromkeys(str(word).rstrip(".") for word in words if word)
    said = ": ".join(sentences)
    raise ApiError(response.status_code, said or f"HTTP {response.status_code} {response.reason_phrase}")
