"""A server that speaks the contract's shapes and fails when told to, which Kanta won't do on demand."""

import asyncio
import hashlib
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff\xe0"


def image(name: str, size: int = 2_000, magic: bytes = PNG) -> bytes:
    """Bytes that start as an image does and differ by name."""
    seed = hashlib.sha256(name.encode()).digest()
    return (magic + seed * (size // len(seed) + 1))[:size]


@dataclass
class ScriptedKanta:
    """`answers` go out first, one a request to upload; `refusals` by file name, always."""

    url: str = ""
    key: str | None = None
    events: set[str] = field(default_factory=set)
    uuids: dict[tuple[str, str], str] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    lengths: list[str | None] = field(default_factory=list)
    answers: list[Response] = field(default_factory=list)
    refusals: dict[str, Callable[[], Response]] = field(default_factory=dict)
    uploading: int = 0
    most_at_once: int = 0
    gate: threading.Event = field(default_factory=threading.Event)
    # Connections cut off as soon as they carried that many bytes.
    cuts: list[int] = field(default_factory=list)

    def problem(self, status: int, title: str, detail: str = "", **headers: str) -> Response:
        return JSONResponse(
            {"type": "about:blank", "title": title, "detail": detail, "status": status},
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
            "application/problem+json",
        )

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, f"waited 20 s until {what}"
            time.sleep(0.01)

    async def create_event(self, request: Request) -> Response:
        if self.key and request.headers.get("authorization") != f"Bearer {self.key}":
            return self.problem(401, "No key", "Send the organiser's key.")
        code = (await request.json())["event_code"]
        if " " in code:
            return self.problem(422, "Invalid event code", "It has a space.")
        if code in self.events:
            return self.problem(409, "Code taken")
        self.events.add(code)
        return JSONResponse({"id": str(uuid.uuid4()), "code": code}, 201)

    async def upload(self, request: Request) -> Response:
        self.uploading += 1
        self.most_at_once = max(self.most_at_once, self.uploading)
        try:
            return await self._upload(request)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            self.uploading -= 1

    async def _upload(self, request: Request) -> Response:
        event_code = request.path_params["event_code"]
        async with request.form() as form:
            part = form["image_file"]
            assert isinstance(part, UploadFile)
            name, content = part.filename or "", await part.read()
        self.uploads.append(name)
        self.lengths.append(request.headers.get("content-length"))
        await asyncio.to_thread(self.gate.wait, 20)
        if self.answers:
            return self.answers.pop(0)
        if name in self.refusals:
            return self.refusals[name]()
        key = (event_code, hashlib.sha256(content).hexdigest())
        known = key in self.uuids
        photo = self.uuids.setdefault(key, str(uuid.uuid4()))
        return JSONResponse({"uuid": photo, "blob_url": "", "status": "pending"}, 200 if known else 202)

    async def relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
        """Between client and server: cuts the line where `cuts` says so."""
        cut = self.cuts.pop(0) if self.cuts else None
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        back = asyncio.create_task(_pump(behind_reader, writer))
        carried = 0
        with suppress(ConnectionError):
            while chunk := await reader.read(16 * 1024):
                carried += len(chunk)
                if cut is not None and carried >= cut:
                    writer.transport.abort()
                    break
                behind_writer.write(chunk)
        behind_writer.transport.abort()
        await back
        writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(16 * 1024):
            writer.write(chunk)


@contextmanager
def serving() -> Iterator[ScriptedKanta]:
    """A ScriptedKanta on a loopback port, in a thread of its own."""
    scripted = ScriptedKanta()
    scripted.gate.set()
    app = Starlette(
        routes=[
            Route("/events", scripted.create_event, methods=["POST"]),
            Route("/pics/{event_code}", scripted.upload, methods=["POST"]),
        ]
    )
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None, timeout_graceful_shutdown=2)
    )
    ready = threading.Event()

    async def serve() -> None:
        served = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no event to wait for
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        front = await asyncio.start_server(
            lambda reader, writer: scripted.relay(reader, writer, port), "127.0.0.1"
        )
        scripted.url = f"http://127.0.0.1:{front.sockets[0].getsockname()[1]}"
        ready.set()
        await served
        front.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert ready.wait(20), "the scripted server did not start within 20 s"
    yield scripted
    scripted.gate.set()
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive(), "the scripted server did not stop within 20 s"
