"""Storage that is down, or lacks what Kanta needs, says so within seconds and is found again once it is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from devhost.azurite import Azurite, new_key
from kanta_core.errors import StorageUnavailable
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import ENCODE_QUEUE, PHOTOS
from kanta_core.storage.queues import Queues

SECONDS = 15.0


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Azurite]:
    with Azurite(tmp_path, accounts={"outage": new_key()}) as its:
        yield its


def refused_in_time(ask: Callable[[], object]) -> None:
    began = time.monotonic()
    with pytest.raises(StorageUnavailable):
        ask()
    assert time.monotonic() - began < SECONDS


def test_an_account_that_is_down_is_unavailable_within_seconds_and_back_without_a_restart(
    emulator: Azurite,
) -> None:
    connection = emulator.connection_string()
    with (
        closing(Blobs(connection, link_lifetime=timedelta(hours=1))) as blobs,
        closing(Queues(connection)) as queues,
    ):
        blobs.create_containers()
        queues.create_queues()
        blobs.write(PHOTOS, "wedding/a.jpg", b"a photo", content_type="image/jpeg")
        emulator.stop()

        asks: list[Callable[[], object]] = [
            blobs.check,
            queues.check,
            lambda: blobs.look("wedding/a.jpg"),
            lambda: blobs.write(PHOTOS, "wedding/b.jpg", b"x", content_type="image/jpeg"),
            lambda: list(blobs.pages()),
            lambda: queues.send_all(ENCODE_QUEUE, [{"blob_name": "wedding/a.jpg"}] * 3),
        ]
        with ThreadPoolExecutor(len(asks)) as threads:
            list(threads.map(refused_in_time, asks))

        emulator.start()
        blobs.check()
        queues.check()
        blob = blobs.look("wedding/a.jpg")
        assert blob is not None
        assert blobs.read("wedding/a.jpg", at_most=100) == (blob, b"a photo")
        queues.send(ENCODE_QUEUE, {"blob_name": "wedding/a.jpg"})


def test_a_container_that_is_missing_is_no_empty_container(blobs: Blobs, storage_connection: str) -> None:
    blobs.write(PHOTOS, "wedding/a.jpg", b"a photo", content_type="image/jpeg")
    BlobServiceClient.from_connection_string(storage_connection).delete_container(PHOTOS)

    for ask in (
        blobs.check,
        lambda: blobs.look("wedding/a.jpg"),
        lambda: blobs.read("wedding/a.jpg", at_most=100),
        lambda: blobs.write(PHOTOS, "wedding/b.jpg", b"x", content_type="image/jpeg"),
        lambda: blobs.delete("wedding/a.jpg"),
        lambda: list(blobs.pages()),
        lambda: list(blobs.top_folders()),
    ):
        refused_in_time(ask)

    blobs.create_containers()
    blobs.check()


def test_a_queue_that_is_missing_swallows_no_message(queues: Queues, storage_connection: str) -> None:
    QueueServiceClient.from_connection_string(storage_connection).delete_queue(ENCODE_QUEUE)
    refused_in_time(queues.check)
    refused_in_time(lambda: queues.send(ENCODE_QUEUE, {"blob_name": "wedding/a.jpg"}))

    queues.create_queues()
    queues.send(ENCODE_QUEUE, {"blob_name": "wedding/a.jpg"})


def test_creating_what_is_there_changes_nothing(blobs: Blobs, queues: Queues) -> None:
    blobs.write(PHOTOS, "wedding/a.jpg", b"a photo", content_type="image/jpeg")
    blobs.create_containers()
    queues.create_queues()
    assert blobs.look("wedding/a.jpg") is not None


def test_storage_that_goes_away_between_two_pages_ends_the_listing_with_an_error(emulator: Azurite) -> None:
    with closing(Blobs(emulator.connection_string(), link_lifetime=timedelta(hours=1))) as blobs, _pages_of(1):
        blobs.create_containers()
        for name in ("wedding/a.jpg", "wedding/b.jpg"):
            blobs.write(PHOTOS, name, b"x", content_type="image/jpeg")
        pages = blobs.pages()
        assert [blob.name for blob in next(pages)] == ["wedding/a.jpg"]
        emulator.stop()
        rest: list[list[Blob]] = []
        refused_in_time(lambda: rest.extend(pages))
        assert rest == []


@contextmanager
def _pages_of(size: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kanta_core.storage.blobs._LISTING_PAGE", size)
        yield
