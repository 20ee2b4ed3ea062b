"""A storage account of the test's own with Kanta's containers and queues in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from kanta_core.storage.blobs import Blobs
from kanta_core.storage.queues import Queues


@pytest.fixture
def blobs(storage_connection: str) -> Iterator[Blobs]:
    with closing(Blobs(storage_connection, link_lifetime=timedelta(minutes=60))) as its:
        its.create_containers()
        yield its


@pytest.fixture
def queues(storage_connection: str) -> Iterator[Queues]:
    with closing(Queues(storage_connection)) as its:
        its.create_queues()
        yield its
