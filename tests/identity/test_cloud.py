"""Kanta as it runs in Azure: nothing it is told opens anything, its identity's tokens open what they are for."""

from __future__ import annotations

import logging
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import httpx
import pytest
from starlette.testclient import TestClient

from kanta_core.api.app import create_app
from kanta_core.database.migrate.__main__ import main as migrate
from kanta_core.errors import StorageUnavailable
from kanta_core.services import Services
from kanta_core.storage import keys, names
from kanta_core.storage.__main__ import main as prepare_storage
from tests.identity.authority import Authority, TokenRefused
from tests.identity.conftest import ORGANISER_KEY
from tests.identity.endpoint import DATABASE, STORAGE, IdentityEndpoint
from tests.identity.gate import Gate
from tests.runtime import triggers
from tests.runtime.contract import compile_contract
from tests.runtime.host import CHECKOUT, Host

GRAPH = "https://graph.microsoft.com"
AUTHORIZED = {"Authorization": f"Bearer {ORGANISER_KEY}"}
SOON = 20.0


@pytest.fixture
def opened(authority: Authority) -> Callable[[str], bytes]:
    """What anybody gets who follows a link."""
    context = ssl.create_default_context(cafile=str(authority.roots))

    def open_link(link: str) -> bytes:
        with urllib.request.urlopen(link, timeout=20, context=context) as answer:
            return bytes(answer.read())

    return open_link


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
    caplog.set_level(logging.DEBUG)
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


def test_the_password_is_given_to_no_server_that_the_system_does_not_trust(
    in_the_cloud: None,
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(elsewhere).roots))
    assert migrate(["verify"]) == 1
    assert "certificate verify failed" in capsys.readouterr().err
    assert (gate.admitted, gate.refused) == ([], [])


def test_migrations_sign_in_as_well(
    in_the_cloud: None, endpoint: IdentityEndpoint, gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(["up"]) == 0
    assert migrate(["verify"]) == 0
    # A runner makes one connection, as the next makes another.
    assert len(gate.admitted) == 2
    endpoint.audiences = {DATABASE: STORAGE}
    assert migrate(["status"]) == 1
    said = capsys.readouterr()
    assert "password authentication failed" in said.err
    for _, token in endpoint.given:
        assert token not in said.out + said.err
    endpoint.stop()
    assert migrate(["status"]) == 1
    assert "can't sign in to Azure" in capsys.readouterr().err


def test_an_account_is_prepared_by_the_identity(in_the_cloud: None, endpoint: IdentityEndpoint) -> None:
    assert prepare_storage() == 0
    assert prepare_storage() == 0
    assert {resource for resource, _ in endpoint.given} == {STORAGE}


def test_a_link_leads_to_one_blob_and_ends_with_its_key(
    signed_in: Services, endpoint: IdentityEndpoint, opened: Callable[[str], bytes]
) -> None:
    blobs = signed_in.blobs
    blobs.write(names.PHOTOS, "gala/ö #1.jpg", b"one", content_type="image/jpeg")
    blobs.write(names.PHOTOS, "gala/2.jpg", b"two", content_type="image/jpeg")
    link = blobs.link("gala/ö #1.jpg", content_type="image/jpeg")
    assert opened(link) == b"one"
    assert blobs.link("gala/ö #1.jpg", content_type="image/jpeg") == link
    parts = urlsplit(link)
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opened(urlunsplit(parts._replace(path=parts.path.replace("%C3%B6%20%231", "2"))))
    for_ever = datetime.now(UTC) + timedelta(days=365)
    asked = parse_qs(urlsplit(blobs.signing.to_create(names.PHOTOS, "gala/3.jpg", until=for_ever)).query)
    assert asked["se"] == asked["ske"]
    assert datetime.fromisoformat(asked["ske"][0]) < datetime.now(UTC) + timedelta(days=7)


def test_the_key_of_links_is_fetched_once_a_day(signed_in: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[datetime] = []
    service = signed_in.blobs.signing._service
    fetch = service.get_user_delegation_key

    def counted(start: datetime, expiry: datetime) -> object:
        fetched.append(start)
        return fetch(start, expiry)

    monkeypatch.setattr(service, "get_user_delegation_key", counted)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

    class Clock(datetime):
        at = midnight

        @classmethod
        def now(cls, tz: object = None) -> Any:  # noqa: ANN401 - as datetime has it
            return cls.at

    monkeypatch.setattr(keys, "datetime", Clock)
    hours = [timedelta(minutes=20), timedelta(hours=23, minutes=59), timedelta(days=1, minutes=14)]
    for later in (*hours, timedelta(days=1, minutes=15), timedelta(days=2)):
        Clock.at = midnight + later
        wanted = Clock.at + timedelta(days=5)
        link = signed_in.blobs.signing.to_create(names.PHOTOS, "gala/1.jpg", until=wanted)
        # No link is shorter than wanted because its key is old.
        assert datetime.fromisoformat(parse_qs(urlsplit(link).query)["se"][0]) == wanted
    assert fetched == [midnight, midnight + timedelta(days=1)]
