"""Kanta as it runs in Azure: nothing it is told opens anything, its identity's tokens open what they are for."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from kanta_core.api.app import create_app
from kanta_core.errors import StorageUnavailable
from kanta_core.services import Services
from kanta_core.storage import names
from tests.identity.authority import Authority, TokenRefused
from tests.identity.conftest import ORGANISER_KEY
from tests.identity.endpoint import DATABASE, STORAGE, IdentityEndpoint
from tests.identity.gate import Gate
from tests.python_path import CHECKOUT
from tests.runtime import triggers
from tests.runtime.contract import compile_contract
from tests.runtime.host import Host

GRAPH = "https://graph.microsoft.com"
AUTHORIZED = {"Authorization": f"Bearer {ORGANISER_KEY}"}
SOON = 20.0


@pytest.fixture
def kanta(cloud: dict[str, str], signed_in: Services, tmp_path: Path) -> Iterator[Host]:
    """function_app.py in Microsoft's runtime, in a process of its own."""
    contract = tmp_path / "worker.binpb"
    compile_contract(contract)
    with Host(CHECKOUT, cloud, contract, tmp_path / "worker.log") as host:
        yield host


@pytest.fixture
def api(signed_in: Services) -> Iterator[TestClient]:
    with TestClient(create_app(lambda: signed_in), headers=AUTHORIZED) as client:
        yield client


def ask(kanta: Host, method: str, path: str, **content: Any) -> Any:  # noqa: ANN401 - as httpx takes and gives it
    headers = {**AUTHORIZED, **content.pop("headers", {})}
    request = httpx.Request(method, triggers.ORIGIN + path, headers=headers, **content)
    answer = triggers.http(kanta, "http", request)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_photo_goes_all_the_way_with_no_secret_in_any_setting(
    kanta: Host,
    cloud: dict[str, str],
    signed_in: Services,
    endpoint: IdentityEndpoint,
    gate: Gate,
    sample_photos: Path,
    opened: Callable[[str], bytes],
) -> None:
    assert not any("AccountKey" in value or "://:" in value for value in cloud.values())
    assert "POSTGRES_PASSWORD" not in cloud
    photo = (sample_photos / "obama.jpg").read_bytes()
    ask(kanta, "POST", "/events", json={"event_code": "gala"})
    ask(kanta, "POST", "/pics/gala", content=photo, headers={"Content-Type": "image/jpeg"})
    (name,) = [blob.name for page in signed_in.blobs.pages(prefix="gala/") for blob in page]
    triggers.blob(kanta, "encode_photo", names.PHOTOS, name)
    (row,) = ask(kanta, "GET", "/pics?event_code=gala")
    assert (row["status"], row["faces"]) == ("encoded", 1)
    assert opened(row["azure_blob_url"]) == photo

    triggers.timer(kanta, "find_changed_events")
    (event,) = ask(kanta, "GET", "/events?event_code=gala")["events"]
    triggers.queue(kanta, "recluster_event", f'{{"event_id": "{event["id"]}"}}')
    (person,) = ask(kanta, "GET", "/clusters?event_code=gala")
    assert (person["cluster_id"], person["face_count"]) == (1, 1)
    assert opened(person["samples"][0]["sample_blob_url"]).startswith(b"\xff\xd8")
    other = (sample_photos / "obama2.jpg").read_bytes()
    found = ask(kanta, "POST", "/find-similar?event_code=gala&metric=l2", files={"image": other})
    assert [face["cluster_id"] for face in found] == [1]

    # For each service its own.
    assert {resource for resource, _ in endpoint.given} == {STORAGE, DATABASE}
    assert gate.admitted
    assert gate.refused == []


def test_tokens_that_end_are_renewed_for_every_part(
    signed_in: Services,
    endpoint: IdentityEndpoint,
    gate: Gate,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # The function app keeps the chatty ones quiet, wherever in this process it has been imported.
    for chatty in (None, "azure", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=chatty)
    blobs, queues = signed_in.blobs, signed_in.queues
    # So soon that each is renewed whenever it is needed, and late enough for one request.
    endpoint.seconds = 5

    def use_everything() -> None:
        blobs.write_all(names.PICTURES, {"a/b.jpg": b"picture"}, content_type="image/jpeg")
        assert [blob.name for page in blobs.pages(container=names.PICTURES) for blob in page] == ["a/b.jpg"]
        queues.send(names.WEBHOOK_QUEUE, {"webhook_id": "1"})
        with signed_in.database.transaction() as connection:
            connection.execute("SELECT 1")

    use_everything()
    old = list(endpoint.given)
    for resource, token in old:
        deadline = time.monotonic() + SOON
        while is_good(authority, token, resource):
            assert time.monotonic() < deadline, f"the token for {resource} does not end"
            time.sleep(0.05)
    gate.cut_off()
    endpoint.given.clear()
    use_everything()
    assert {resource for resource, _ in endpoint.given} == {STORAGE, DATABASE}
    assert (len(gate.admitted) > 1, gate.refused) == (True, [])
    # Whatever the log is told to tell.
    assert "GET /" in caplog.text
    assert not any(token in caplog.text for _, token in [*old, *endpoint.given])


def is_good(authority: Authority, token: str, resource: str) -> bool:
    try:
        authority.check(token, resource)
    except TokenRefused:
        return False
    return True


def test_a_token_for_somebody_else_opens_nothing(
    api: TestClient,
    signed_in: Services,
    endpoint: IdentityEndpoint,
    gate: Gate,
    caplog: pytest.LogCaptureFixture,
) -> None:
    endpoint.audiences = {STORAGE: GRAPH, DATABASE: STORAGE}
    with pytest.raises(StorageUnavailable, match=r"40[13]"):
        signed_in.blobs.read("gala/photo.jpg", at_most=1)
    with pytest.raises(StorageUnavailable, match=r"40[13]"):
        signed_in.queues.send(names.WEBHOOK_QUEUE, {"webhook_id": "1"})
    health = api.get("/system/health")
    assert health.status_code == 503
    assert all(state != "ok" for state in health.json()["parts"].values())
    assert api.get("/events").status_code == 503
    assert set(gate.refused) == {f"for {STORAGE}"}
    assert gate.admitted == []
    assert caplog.text.count("403 AuthenticationFailed): an identity needs the roles Storage Blob Data") >= 2
    for _, token in endpoint.given:
        assert token not in caplog.text + health.text


def test_while_nobody_can_sign_in_kanta_says_so_and_goes_on_afterwards(
    api: TestClient, signed_in: Services, endpoint: IdentityEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.stop()
    began = time.monotonic()
    health = api.get("/system/health")
    assert health.status_code == 503
    assert time.monotonic() - began < SOON
    assert health.json()["parts"] == dict.fromkeys(
        ("database", "blobs", "queues"), "Kanta can't sign in to Azure for the moment."
    )
    events = api.get("/events")
    assert (events.status_code, events.json()["type"]) == (503, "urn:kanta:problem:database-unavailable")
    with pytest.raises(StorageUnavailable):
        signed_in.blobs.read("gala/photo.jpg", at_most=1)
    assert "AZURE_CLIENT_ID" in caplog.text
    endpoint.start()
    deadline = time.monotonic() + SOON
    while (health := api.get("/system/health")).status_code != 200:
        assert time.monotonic() < deadline, health.text
    assert api.get("/events").status_code == 200
