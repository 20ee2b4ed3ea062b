"""The API over this test's own database and storage."""

from __future__ import annotations

import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient
from PIL import Image
from pydantic import SecretStr

from kanta_core.api.app import create_app
from kanta_core.database import events
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.photos.encode import encode
from kanta_core.services import Services
from kanta_core.storage.names import CONTAINERS
from tests.api import photos
from tests.api.client import Api, secrets_of
from tests.api.credentials import KEY, TOKEN


@pytest.fixture
def api(services: Services, caplog: pytest.LogCaptureFixture) -> Iterator[Api]:
    """Kanta's API, open to everybody; neither its answers nor its log tell a secret."""
    with _discreet(services, caplog) as client:
        yield client


@pytest.fixture
def closed(services: Services, caplog: pytest.LogCaptureFixture) -> Iterator[Api]:
    """The same over the same database and storage, closed: `KEY` is the organiser's."""
    changes = {"access": "closed", "organiser_key": SecretStr(KEY)}
    with _discreet(replace(services, settings=services.settings.model_copy(update=changes)), caplog) as client:
        yield client


@contextlib.contextmanager
def _discreet(services: Services, caplog: pytest.LogCaptureFixture) -> Iterator[Api]:
    caplog.set_level(logging.INFO)
    with Api(create_app(lambda: services), services) as client:
        yield client
    ours = [record for record in caplog.get_records("call") if not record.name.startswith("http")]
    told = "\n".join(logging.Formatter().format(record) for record in ours)
    assert not [secret for secret in secrets_of(services) if secret in told]
    assert "sig=" not in told.replace("sig=REDACTED", "")
    assert not TOKEN.search(told)


@pytest.fixture
def event(api: Api) -> str:
    """The code of an event with nothing in it."""
    api.post("/events", json={"event_code": "wedding"}).raise_for_status()
    return "wedding"


@pytest.fixture(scope="session")
def obama(sample_photos: Path) -> bytes:
    """A small JPEG of one person."""
    return _small(sample_photos / "obama.jpg")


@pytest.fixture(scope="session")
def biden(sample_photos: Path) -> bytes:
    """A small JPEG of another."""
    return _small(sample_photos / "biden.jpg")


def _small(path: Path) -> bytes:
    with Image.open(path) as photo:
        photo.thumbnail((320, 320))
        return photos.saved(photo, "JPEG")


@pytest.fixture
def encode_all(services: Services) -> Callable[[], None]:
    """Encodes every blob there is, as its trigger would."""

    def run() -> None:
        for page in services.blobs.pages():
            for blob in page:
                encode(services, blob.name)

    return run


@pytest.fixture
def make_people(services: Services) -> Callable[[str], None]:
    """Makes the people of an event, as its trigger would."""

    def run(code: str) -> None:
        with services.database.transaction() as connection:
            event = events.find(connection, code)
        assert event is not None
        recluster(services, event.id)

    return run


@pytest.fixture
def two_encoded(api: Api, event: str, encode_all: Callable[[], None], obama: bytes, biden: bytes) -> str:
    """An event with two encoded photos, of one person each."""
    for data in (obama, biden):
        api.post(f"/pics/{event}", content=data).raise_for_status()
    encode_all()
    return event


@pytest.fixture
def crowd(two_encoded: str, services: Services) -> str:
    """An event whose faces are put into people by hand: 1 has three, 2 has four, 3 has three, five in none."""
    with services.database.transaction() as connection:
        for number, count in [(1, 3), (2, 4), (3, 3), (-1, 5)]:
            connection.execute(
                """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality,
                                      encoder, embedding, grouped_as, cluster_id)
                   SELECT gen_random_uuid(), event_id, image_id, n, 0, 10 * n, 10 * n, landmarks, 1, quality,
                          encoder, embedding, %(number)s, %(number)s
                     FROM (SELECT f.* FROM faces f JOIN images i ON i.id = f.image_id
                            ORDER BY i.created_at LIMIT 1) f, generate_series(1, %(count)s) n""",
                {"number": number, "count": count},
            )
        connection.execute("DELETE FROM faces WHERE y <> 0")
        connection.execute(
            "INSERT INTO people (event_id, cluster_id) SELECT id, generate_series(1, 3) FROM events"
        )
        connection.execute("UPDATE events SET next_cluster_id = 4")
    return two_encoded


@pytest.fixture
def stored(services: Services) -> Callable[[], dict[str, object]]:
    """Shows all that is stored: every row of every table, every blob of every container."""
    connection_string = services.settings.storage_connection.get_secret_value()

    def look() -> dict[str, object]:
        found: dict[str, object] = {}
        with services.database.transaction() as connection:
            for table in (
                "events",
                "event_codes",
                "images",
                "faces",
                "people",
                "corrections",
                "drops",
                "tokens",
                "exports",
                "webhooks",
                "invitations",
                "guest_links",
                "guest_people",
                "forgotten_faces",
                "erased_images",
                "audit",
            ):
                found[table] = connection.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall()
        with BlobServiceClient.from_connection_string(connection_string) as account:
            for container in CONTAINERS:
                found[container] = list(account.get_container_client(container).list_blob_names())
        return found

    return look


@pytest.fixture
def closed_port() -> int:
    """A port of this machine at which nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
