"""Transfer: bytes arrive whole or not at all, and nobody reads in a log or an error what opens the storage."""

from __future__ import annotations

import logging
import socket
import socketserver
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import timedelta

import pytest
from azure.storage.blob import BlobServiceClient, ContentSettings

from kanta_core.errors import StorageUnavailable
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import PHOTOS, PICTURES

SIZE = 2_000_000
LARGE = bytes(range(256)) * (SIZE // 256)


class Cutter(socketserver.ThreadingTCPServer):
    """A way to the storage that ends connections half-way: the first `bad` ones, `after` bytes of answers."""

    def __init__(self, connection_string: str, *, bad: int, after: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self._settings = dict(part.split("=", 1) for part in connection_string.rstrip(";").split(";"))
        host, _, port = self._settings["BlobEndpoint"].partition("//")[2].partition("/")[0].partition(":")
        self.storage = (host, int(port))
        self.bad, self.after = bad, after
        self.connections = 0

    @property
    def connection_string(self) -> str:
        way = f"http://127.0.0.1:{self.server_address[1]}/{self._settings['AccountName']}"
        return ";".join(f"{key}={value}" for key, value in (self._settings | {"BlobEndpoint": way}).items())


class _Connection(socketserver.BaseRequestHandler):
    server: Cutter

    def handle(self) -> None:
        client: socket.socket = self.request
        self.server.connections += 1
        limit = self.server.after if self.server.connections <= self.server.bad else None
        with socket.create_connection(self.server.storage) as storage:
            asking = threading.Thread(target=_pass_on, args=(client, storage, None))
            asking.start()
            _pass_on(storage, client, limit)
            asking.join()


def _pass_on(source: socket.socket, target: socket.socket, limit: int | None) -> None:
    passed = 0
    with suppress(OSError):
        while (limit is None or passed < limit) and (data := source.recv(65_536)):
            data = data if limit is None else data[: limit - passed]
            target.sendall(data)
            passed += len(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def through(storage_connection: str, *, bad: int, after: int) -> Iterator[tuple[Blobs, Cutter]]:
    with Cutter(storage_connection, bad=bad, after=after) as cutter:
        serving = threading.Thread(target=cutter.serve_forever, args=(0.01,))
        serving.start()
        try:
            with closing(Blobs(cutter.connection_string, link_lifetime=timedelta(hours=1))) as blobs:
                yield blobs, cutter
        finally:
            cutter.shutdown()
            serving.join()


def test_an_answer_that_breaks_off_is_asked_for_again(blobs: Blobs, storage_connection: str) -> None:
    """Catches half a photo that is taken for a whole one."""
    blobs.write(PHOTOS, "wedding/a.jpg", LARGE, content_type="image/jpeg")
    with through(storage_connection, bad=2, after=SIZE // 2) as (shaky, cutter):
        found = shaky.read("wedding/a.jpg", at_most=SIZE)
    assert found == (blobs.look("wedding/a.jpg"), LARGE)
    assert cutter.connections == 3


def test_an_answer_that_always_breaks_off_is_no_photo(blobs: Blobs, storage_connection: str) -> None:
    blobs.write(PHOTOS, "wedding/a.jpg", LARGE, content_type="image/jpeg")
    with through(storage_connection, bad=99, after=SIZE // 2) as (shaky, _), pytest.raises(StorageUnavailable):
        shaky.read("wedding/a.jpg", at_most=SIZE)


def test_a_picture_whose_answer_got_lost_is_written_once_more(blobs: Blobs, storage_connection: str) -> None:
    with through(storage_connection, bad=1, after=0) as (shaky, _):
        shaky.write_all(PICTURES, {"event/a.jpg": b"a picture"}, content_type="image/jpeg")
    assert [blob.name for page in blobs.pages(container=PICTURES) for blob in page] == ["event/a.jpg"]


def test_more_bytes_than_wanted_are_not_fetched(blobs: Blobs, storage_connection: str) -> None:
    """Catches a worker that loads a gigabyte to refuse it: here the first 100 kB are all that could arrive."""
    blobs.write(PHOTOS, "wedding/a.jpg", LARGE, content_type="image/jpeg")
    with through(storage_connection, bad=99, after=100_000) as (shaky, cutter):
        found = shaky.read("wedding/a.jpg", at_most=SIZE // 2)
    assert found is not None
    assert found[0].size == len(LARGE)
    assert found[1] is None
    assert cutter.connections == 1


def test_bytes_are_taken_as_they_lie_there_whatever_encoding_they_claim(
    blobs: Blobs, storage_connection: str
) -> None:
    claimed = ContentSettings(content_encoding="gzip")
    container = BlobServiceClient.from_connection_string(storage_connection).get_container_client(PHOTOS)
    container.upload_blob("wedding/a.jpg", b"no gzip at all", content_settings=claimed)
    found = blobs.read("wedding/a.jpg", at_most=100)
    assert found is not None
    assert found[1] == b"no gzip at all"


def test_what_opens_the_storage_stands_in_no_error_and_no_log(
    blobs: Blobs, storage_connection: str, caplog: pytest.LogCaptureFixture
) -> None:
    blobs.create_containers()
    # As function_app has it: below that the library tells of every request.
    caplog.set_level(logging.WARNING)
    with through(storage_connection, bad=99, after=0) as (shaky, _):
        with pytest.raises(StorageUnavailable) as read:
            shaky.read("wedding/a.jpg", at_most=SIZE)
        with pytest.raises(StorageUnavailable) as written:
            shaky.write_all(PICTURES, {"event/a.jpg": b"a picture"}, content_type="image/jpeg")
        with pytest.raises(StorageUnavailable) as listed:
            list(shaky.pages())
    for error in (read, written, listed):
        assert "sig=" not in "".join(traceback.format_exception(error.value))
    assert "sig=" not in caplog.text
