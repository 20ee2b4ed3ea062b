"""Kanta's function_app.py in Microsoft's runtime: every trigger does its work, against real services."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, LiteralString
from zipfile import ZipFile

import httpx
import psycopg
import pytest
from azure.storage.blob import ContainerClient
from azure.storage.queue import QueueClient, TextBase64DecodePolicy
from PIL import Image
from psycopg import sql

from kanta_core.storage import names
from tests.pipeline.receiver import receiving
from tests.runtime import triggers
from tests.runtime.host import Host, InvocationFailed


def ask(kanta: Host, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - as httpx takes it
    """One request, with httpx's ways to give it content."""
    return triggers.http(kanta, "http", httpx.Request(method, triggers.ORIGIN + path, **content))


def pictures(kanta: Host, event: str) -> list[dict[str, Any]]:
    return list(ask(kanta, "GET", f"/pics?event_code={event}").json())


def received(connection_string: str, queue: str) -> list[str]:
    """The bodies of the queue's messages, which are gone from it now."""
    client = QueueClient.from_connection_string(
        connection_string, queue, message_decode_policy=TextBase64DecodePolicy()
    )
    with client:
        bodies = []
        for message in client.receive_messages():
            bodies.append(str(message.content))
            client.delete_message(message)
        return bodies


def everything(database_url: str) -> dict[str, list[str]]:
    """Every row of every table."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        ).fetchall()
        return {
            table: [
                text
                for (text,) in connection.execute(
                    sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(table))
                )
            ]
            for (table,) in tables
        }


@pytest.fixture
def photos(storage_connection: str) -> Iterator[ContainerClient]:
    """The container of this test's photos, as any Azure tool has it."""
    with ContainerClient.from_connection_string(storage_connection, names.PHOTOS) as container:
        yield container


@pytest.fixture
def gala(kanta: Host) -> str:
    """The code of an event with nothing in it."""
    assert ask(kanta, "POST", "/events", json={"event_code": "Gala"}).status_code == 201
    return "gala"


def test_a_photo_goes_all_the_way_and_redelivery_changes_nothing(
    kanta: Host,
    gala: str,
    photos: ContainerClient,
    database_url: str,
    storage_connection: str,
    sample_photos: Path,
) -> None:
    photo = (sample_photos / "obama.jpg").read_bytes()
    uploaded = ask(kanta, "POST", f"/pics/{gala}", content=photo, headers={"Content-Type": "image/jpeg"})
    assert uploaded.status_code == 202
    (first,) = photos.list_blob_names()
    dropped = "Gala/evening drops/ö bama #2.jpg"
    photos.upload_blob(dropped, (sample_photos / "obama2.jpg").read_bytes())

    triggers.blob(kanta, "encode_photo", names.PHOTOS, first)
    triggers.blob(kanta, "encode_photo", names.PHOTOS, dropped)

    assert [(row["status"], row["faces"]) for row in pictures(kanta, gala)] == [("encoded", 1), ("encoded", 1)]

    triggers.timer(kanta, "find_changed_events")
    (message,) = received(storage_connection, names.RECLUSTER_QUEUE)
    triggers.queue(kanta, "recluster_event", message)

    (person,) = ask(kanta, "GET", f"/clusters?event_code={gala}").json()
    assert (person["cluster_id"], person["face_count"]) == (1, 2)
    (event,) = ask(kanta, "GET", "/events?event_code=gala").json()["events"]
    assert (event["pending"], event["people_current"]) == (0, True)

    before = everything(database_url)
    for _ in range(2):
        triggers.blob(kanta, "encode_photo", names.PHOTOS, dropped)
        triggers.blob(kanta, "encode_photo", names.PHOTOS, first)
        triggers.queue(kanta, "encode_queued", json.dumps({"blob_name": first}), dequeue_count=5)
        triggers.timer(kanta, "find_changed_events", past_due=True)
        triggers.queue(kanta, "recluster_event", message, dequeue_count=2)
        triggers.queue(kanta, "queued_photo_given_up", json.dumps({"blob_name": first}))
        triggers.queue(kanta, "photo_given_up", poison(photos, dropped))
        triggers.queue(kanta, "take_in_drops", message)
        triggers.timer(kanta, "sweep_storage")
    assert everything(database_url) == before
    assert [received(storage_connection, queue) for queue in names.QUEUES] == [[]] * len(names.QUEUES)


def wait_for_row(database_url: str, query: LiteralString) -> None:
    deadline = time.monotonic() + 30
    with psycopg.connect(database_url, autocommit=True) as connection:
        while connection.execute(query).fetchone() is None:
            assert time.monotonic() < deadline, f"waited 30 s for {query}"
            time.sleep(0.01)


def poison(photos: ContainerClient, blob_name: str) -> str:
    """What the host writes to the poison queue once a blob has failed five times."""
    return json.dumps(
        {
            "Type": "BlobTrigger",
            "FunctionId": "Host.Functions.encode_photo",
            "BlobType": "BlockBlob",
            "ContainerName": names.PHOTOS,
            "BlobName": blob_name,
            "ETag": photos.get_blob_client(blob_name).get_blob_properties().etag,
        }
    )


def test_an_upload_of_more_than_four_megabytes_is_taken_whole(
    kanta: Host, gala: str, photos: ContainerClient
) -> None:
    file = BytesIO()
    Image.new("RGB", (1_300, 1_300)).save(file, "PNG", compress_level=0)
    photo = file.getvalue()
    assert len(photo) > 4 * 2**20

    response = ask(kanta, "POST", f"/pics/{gala}", files={"image_file": ("a.png", photo)})

    assert response.status_code == 202, response.text
    (stored,) = photos.list_blob_names()
    assert photos.download_blob(stored).readall() == photo


def test_a_photo_the_host_gave_up_on_is_failed_and_can_be_retried(
    kanta: Host, gala: str, photos: ContainerClient, storage_connection: str, sample_photos: Path
) -> None:
    photos.upload_blob("gala/biden.jpg", (sample_photos / "biden.jpg").read_bytes())
    triggers.timer(kanta, "sweep_storage")
    assert [json.loads(body) for body in received(storage_connection, names.ENCODE_QUEUE)] == [
        {"blob_name": "gala/biden.jpg"}
    ]

    triggers.queue(kanta, "photo_given_up", poison(photos, "gala/biden.jpg"))

    (row,) = pictures(kanta, gala)
    assert row["status"] == "failed"
    assert row["status_reason"]

    assert ask(kanta, "POST", f"/pics/{gala}/{row['uuid']}/retry").status_code == 202
    (message,) = received(storage_connection, names.ENCODE_QUEUE)
    triggers.queue(kanta, "encode_queued", message)

    (row,) = pictures(kanta, gala)
    assert (row["status"], row["faces"]) == ("encoded", 1)


def test_a_message_the_host_gave_up_on_marks_its_photo_failed(
    kanta: Host, gala: str, photos: ContainerClient, sample_photos: Path
) -> None:
    photos.upload_blob("gala/biden.jpg", (sample_photos / "biden.jpg").read_bytes())
    triggers.timer(kanta, "sweep_storage")

    triggers.queue(kanta, "queued_photo_given_up", json.dumps({"blob_name": "gala/biden.jpg"}))

    assert [row["status"] for row in pictures(kanta, gala)] == ["failed"]


def test_drops_that_waited_are_taken_in_when_their_event_is_created(
    kanta: Host, photos: ContainerClient, storage_connection: str, sample_photos: Path
) -> None:
    photos.upload_blob("late/biden.jpg", (sample_photos / "biden.jpg").read_bytes())
    triggers.blob(kanta, "encode_photo", names.PHOTOS, "late/biden.jpg")
    (waiting,) = ask(kanta, "GET", "/system/drops").json()["drops"]
    assert (waiting["blob_name"], waiting["waiting"]) == ("late/biden.jpg", True)

    assert ask(kanta, "POST", "/events", json={"event_code": "late"}).status_code == 201
    (message,) = received(storage_connection, names.TAKE_IN_QUEUE)
    triggers.queue(kanta, "take_in_drops", message)
    for body in received(storage_connection, names.ENCODE_QUEUE):
        triggers.queue(kanta, "encode_queued", body)

    assert [row["status"] for row in pictures(kanta, "late")] == ["encoded"]


def test_a_deleted_blob_takes_its_image_with_it_at_the_next_sweep(
    kanta: Host, gala: str, photos: ContainerClient, sample_photos: Path
) -> None:
    photos.upload_blob("gala/biden.jpg", (sample_photos / "biden.jpg").read_bytes())
    triggers.blob(kanta, "encode_photo", names.PHOTOS, "gala/biden.jpg")
    photos.delete_blob("gala/biden.jpg")

    triggers.timer(kanta, "sweep_storage")

    assert pictures(kanta, gala) == []


def test_a_worker_killed_while_it_encodes_leaves_a_photo_that_the_next_delivery_finishes(
    kanta: Host,
    gala: str,
    start_kanta: Callable[[Mapping[str, str]], Host],
    kanta_settings: Mapping[str, str],
    photos: ContainerClient,
    database_url: str,
    sample_photos: Path,
) -> None:
    photos.upload_blob("gala/obama.jpg", (sample_photos / "obama.jpg").read_bytes())
    with ThreadPoolExecutor(1) as pool:
        delivery = pool.submit(triggers.blob, kanta, "encode_photo", names.PHOTOS, "gala/obama.jpg")
        # Its bytes are claimed: the worker is at the faces now.
        wait_for_row(database_url, "SELECT FROM images WHERE sha256 IS NOT NULL AND status = 'pending'")
        kanta.kill()
        with pytest.raises(RuntimeError, match="the worker ended"):
            delivery.result()

    again = start_kanta(kanta_settings)
    assert [row["status"] for row in pictures(again, gala)] == ["pending"]
    triggers.blob(again, "encode_photo", names.PHOTOS, "gala/obama.jpg")

    assert [(row["status"], row["faces"]) for row in pictures(again, gala)] == [("encoded", 1)]


def test_an_export_is_written_and_a_webhook_told_by_their_functions(
    kanta_settings: Mapping[str, str],
    start_kanta: Callable[[Mapping[str, str]], Host],
    photos: ContainerClient,
    storage_connection: str,
    sample_photos: Path,
) -> None:
    kanta = start_kanta({**kanta_settings, "KANTA_WEBHOOK_ADDRESSES": "any", "KANTA_EXPORT_PART_SECONDS": "0"})
    assert ask(kanta, "POST", "/events", json={"event_code": "gala"}).status_code == 201
    photo = (sample_photos / "biden.jpg").read_bytes()
    with receiving() as receiver:
        webhook = {"url": receiver.url, "kinds": ["photo.encoded"]}
        assert ask(kanta, "POST", "/webhooks/gala", json=webhook).status_code == 201
        photos.upload_blob("gala/biden.jpg", photo)
        triggers.blob(kanta, "encode_photo", names.PHOTOS, "gala/biden.jpg")
        triggers.timer(kanta, "find_notices")
        (message,) = received(storage_connection, names.WEBHOOK_QUEUE)
        triggers.queue(kanta, "deliver_webhook", message)
        triggers.queue(kanta, "deliver_webhook", message, dequeue_count=2)
    (said,) = receiver.said
    assert [each["name"] for each in said["data"]["photos"]] == ["biden.jpg"]

    exports = [ask(kanta, "POST", "/exports/gala", json={"kind": kind}).json()["id"] for kind in ("zip", "csv")]
    zipped, given_up = sorted(
        received(storage_connection, names.EXPORT_QUEUE), key=lambda body: exports[0] not in body
    )
    triggers.queue(kanta, "export_given_up", given_up)
    triggers.queue(kanta, "write_export", zipped)
    (following,) = received(storage_connection, names.EXPORT_QUEUE)
    triggers.queue(kanta, "write_export", following)
    states = [ask(kanta, "GET", f"/exports/gala/{export}").json() for export in exports]
    assert [state["status"] for state in states] == ["ready", "failed"]
    with ZipFile(BytesIO(httpx.get(states[0]["url"]).content)) as found:
        assert found.read("biden.jpg") == photo


def test_health_is_ok_whoever_asks_first(kanta: Host) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(kanta, "GET", "/system/health"), range(8)))

    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "ok")] * 8


def test_a_closed_kanta_lets_in_who_brings_the_key(
    start_kanta: Callable[[Mapping[str, str]], Host], kanta_settings: Mapping[str, str]
) -> None:
    key = "organiser-" + "Kk7." * 8
    kanta = start_kanta({**kanta_settings, "KANTA_ACCESS": "closed", "KANTA_ORGANISER_KEY": key})

    answers = [
        ask(kanta, "GET", "/events", headers={"Authorization": f"Bearer {credential}"})
        for credential in (key, key[:-1])
    ]

    assert [answer.status_code for answer in answers] == [200, 401]
    assert answers[1].headers["www-authenticate"] == "Bearer"
    assert ask(kanta, "GET", "/system/health").status_code == 200


def test_an_open_kanta_in_azure_answers_nothing_and_health_says_why(
    start_kanta: Callable[[Mapping[str, str]], Host], kanta_settings: Mapping[str, str]
) -> None:
    kanta = start_kanta({**kanta_settings, "WEBSITE_SITE_NAME": "kanta"})

    assert ask(kanta, "GET", "/events").status_code == 500
    health = ask(kanta, "GET", "/system/health")
    assert health.status_code == 503
    assert "WEBSITE_SITE_NAME says that this is Azure" in health.json()["parts"]["settings"]


def test_while_the_database_is_down_health_says_so_and_a_blob_is_left_to_the_hosts_next_try(
    start_kanta: Callable[[Mapping[str, str]], Host], kanta_settings: Mapping[str, str], photos: ContainerClient
) -> None:
    unreachable = "postgresql://kanta:kanta@127.0.0.1:1/kanta?connect_timeout=1"
    kanta = start_kanta({**kanta_settings, "KANTA_DATABASE_URL": unreachable})
    photos.upload_blob("gala/a.jpg", b"\xff\xd8\xff")

    with ThreadPoolExecutor(2) as pool:
        delivery = pool.submit(triggers.blob, kanta, "encode_photo", names.PHOTOS, "gala/a.jpg")
        health = ask(kanta, "GET", "/system/health")

    assert health.status_code == 503
    assert health.headers["content-type"] == "application/problem+json"
    assert "database" in health.json()["detail"]
    with pytest.raises(InvocationFailed, match="DatabaseUnavailable"):
        delivery.result()
