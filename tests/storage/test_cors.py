"""Pages of Kanta's origins may write by a link; what an account allowed others is theirs still."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import httpx
import pytest
from azure.storage.blob import BlobServiceClient, CorsRule
from pydantic import SecretStr

from kanta_core.settings import Settings
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.cors import allow_pages, origins_of

OURS, OTHERS = "https://photos.example", "https://elsewhere.example"
ASKED_WITH = "content-type,if-none-match,x-ms-blob-type,x-ms-meta-traceparent"
CLOSED = {"access": "closed", "organiser_key": SecretStr("k" * 32)}


@pytest.fixture
def account(storage_connection: str) -> Iterator[BlobServiceClient]:
    with BlobServiceClient.from_connection_string(storage_connection) as service:
        yield service


def preflight(account: BlobServiceClient, origin: str, *, method: str = "PUT", headers: str = ASKED_WITH) -> bool:
    """Whether a browser would go on, asked as browsers ask before they write."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    answer = httpx.options(f"{account.url}photos/wedding/a.jpg", headers=asked)
    return answer.status_code == 200 and answer.headers.get("access-control-allow-origin") in (origin, "*")


def rules(account: BlobServiceClient) -> list[CorsRule]:
    return list(account.get_service_properties()["cors"])


def test_pages_of_the_named_origins_may_write_and_do_nothing_else(account: BlobServiceClient) -> None:
    assert not preflight(account, OURS)
    assert allow_pages(account, [OURS])
    assert preflight(account, OURS)
    assert not preflight(account, OTHERS)
    assert not preflight(account, OURS, headers="authorization")
    for method in ("GET", "DELETE", "POST"):
        assert not preflight(account, OURS, method=method), method


def test_whose_pages_may_write_changes_with_the_settings_and_others_rules_stay(
    account: BlobServiceClient,
) -> None:
    theirs = CorsRule([OTHERS], ["GET"], max_age_in_seconds=5)
    account.set_service_properties(cors=[theirs])
    for origins in ([OURS], [OURS], ["https://a.example", "https://b.example"], ["*"]):
        assert allow_pages(account, origins)
        assert [rule.allowed_origins for rule in rules(account)] == [OTHERS, ",".join(origins)]
    assert preflight(account, "https://anybody.example")
    # Settings that name nobody may be silent because a template has named them.
    assert allow_pages(account, [])
    assert preflight(account, "https://anybody.example")


def test_an_account_that_is_as_it_should_be_is_left_alone(
    account: BlobServiceClient, blobs: Blobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert blobs.allow_pages([OURS])

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("nothing was to be written")

    monkeypatch.setattr(BlobServiceClient, "set_service_properties", refuse)
    assert blobs.allow_pages([OURS.upper()])


def test_an_identity_that_may_not_look_at_the_rules_leaves_them_to_whoever_made_the_account() -> None:
    class Refusing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("x-ms-error-code", "AuthorizationPermissionMismatch")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with BlobServiceClient(f"http://127.0.0.1:{server.server_port}/account") as service:
            assert not allow_pages(service, [OURS])
        server.shutdown()


@pytest.mark.parametrize(
    ("given", "origins"),
    [
        ({"access": "open"}, ("*",)),
        (CLOSED, ()),
        ({"access": "open", "public_url": f"{OURS}/kanta"}, (OURS,)),
        ({"access": "open", "public_url": "https://Kanta@Photos.Example:443/kanta"}, (OURS,)),
        ({"access": "open", "public_url": "http://photos.example:443"}, ("http://photos.example:443",)),
        ({"access": "open", "public_url": "http://[::1]:7071"}, ("http://[::1]:7071",)),
        ({**CLOSED, "public_url": OURS, "cors_origins": f"{OURS},{OTHERS}"}, (OURS, OTHERS)),
        ({**CLOSED, "cors_origins": f"{OTHERS},*"}, ("*",)),
    ],
)
def test_the_origins_are_those_of_kantas_address_and_those_that_may_ask_it(
    given: dict[str, object], origins: tuple[str, ...]
) -> None:
    settings = Settings.model_validate(
        {"database_url_given": SecretStr("postgresql://x"), "storage_connection": SecretStr("x"), **given}
    )
    assert origins_of(settings) == origins
