"""Stands before a real PostgreSQL as Azure's does: TLS only, and whoever has no token for a password stays out."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import struct
import threading
from typing import Any, Self

from psycopg import pq
from psycopg.conninfo import make_conninfo

from tests.identity.authority import Authority, TokenRefused
from tests.identity.endpoint import DATABASE

ROLE = "kanta-identity"
_SSL_REQUEST, _GSS_REQUEST, _CANCEL_REQUEST = 80877103, 80877104, 80877102
_CLEARTEXT_PASSWORD = 3
_REPORTED = (
    "server_version",
    "server_encoding",
    "client_encoding",
    "DateStyle",
    "IntervalStyle",
    "TimeZone",
    "integer_datetimes",
    "standard_conforming_strings",
)
_SECONDS = 20


class Gate:
    """Lets ROLE through to the server of `url` with a good token; `admitted` and `refused` are who came."""

    def __init__(self, url: str, authority: Authority) -> None:
        self.port = 0
        self.admitted: list[str] = []
        self.refused: list[str] = []
        self._url = url
        self._authority = authority
        self._context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self._context.load_cert_chain(authority.certificate, authority.key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._guests: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._meet, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    def cut_off(self) -> None:
        """Ends every connection, so that whoever wants to go on has to come in anew."""
        self._run(self._end_all())

    def _run(self, what: Any) -> Any:  # noqa: ANN401 - whatever the coroutine gives
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(_SECONDS)

    async def _close(self) -> None:
        # On its own thread: a guest may be leaving at this moment.
        self._server.close()
        await self._end_all()

    async def _end_all(self) -> None:
        guests = list(self._guests)
        for guest in guests:
            guest.cancel()
        await asyncio.gather(*guests, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        guest = asyncio.current_task()
        assert guest is not None
        self._guests.add(guest)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._let_in(reader, writer)
        except asyncio.CancelledError:
            pass
        finally:
            self._guests.discard(guest)
            writer.close()

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        code, body = await _startup(reader)
        while code == _GSS_REQUEST:
            writer.write(b"N")
            code, body = await _startup(reader)
        if code == _CANCEL_REQUEST:
            return
        if code != _SSL_REQUEST:
            self.refused.append("not encrypted")
            writer.write(_error("28000", "no encryption"))
            return
        writer.write(b"S")
        await writer.start_tls(self._context)
        _, body = await _startup(reader)
        wanted = dict(zip(*[iter(body.rstrip(b"\0").decode().split("\0"))] * 2, strict=True))
        writer.write(_message(b"R", struct.pack(">i", _CLEARTEXT_PASSWORD)))
        kind, password = await _read(reader)
        assert kind == b"p"
        token = password.rstrip(b"\0").decode()
        if refusal := self._refusal(wanted["user"], token):
            self.refused.append(refusal)
            writer.write(_error("28P01", f'password authentication failed for user "{wanted["user"]}"'))
            await writer.drain()
            return
        self.admitted.append(token)
        await self._lead(wanted, reader, writer)

    def _refusal(self, user: str, token: str) -> str | None:
        try:
            self._authority.check(token, DATABASE)
        except TokenRefused as refusal:
            return str(refusal)
        return None if user == ROLE else f"no role {user}"

    async def _lead(
        self, wanted: dict[str, str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Sign in to the real server as its owner, and carry every byte from then on."""
        kept = {name: wanted[name] for name in ("options", "application_name") if name in wanted}
        address = make_conninfo(self._url, dbname=wanted["database"], client_encoding="UTF8", **kept)
        server = await asyncio.to_thread(pq.PGconn.connect, address.encode())
        try:
            assert server.status == pq.ConnStatus.OK, server.error_message
            writer.write(_message(b"R", struct.pack(">i", 0)))
            for name in _REPORTED:
                value = server.parameter_status(name.encode())
                assert value is not None
                writer.write(_message(b"S", name.encode() + b"\0" + value + b"\0"))
            writer.write(_message(b"K", struct.pack(">ii", server.backend_pid, 0)))
            writer.write(_message(b"Z", b"I"))
            there = await asyncio.open_connection(sock=socket.socket(fileno=os.dup(server.socket)))
            try:
                ways = [_carry(reader, there[1]), _carry(there[0], writer)]
                await asyncio.wait([asyncio.ensure_future(w) for w in ways], return_when=asyncio.FIRST_COMPLETED)
            finally:
                there[1].close()
        finally:
            server.finish()


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


async def _startup(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    length, code = struct.unpack(">ii", await reader.readexactly(8))
    return code, await reader.readexactly(length - 8)


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    kind, length = struct.unpack(">ci", await reader.readexactly(5))
    return kind, await reader.readexactly(length - 4)


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">i", len(body) + 4) + body


def _error(state: str, message: str) -> bytes:
    fields = {"S": "FATAL", "V": "FATAL", "C": state, "M": message}
    return _message(b"E", b"".join(f"{name}{text}\0".encode() for name, text in fields.items()) + b"\0")
