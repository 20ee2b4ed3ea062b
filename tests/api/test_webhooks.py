"""Webhooks over HTTP: made with a secret that is shown once, listed with how they are doing, deleted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from kanta_core.api.app import create_app
from kanta_core.pipeline.webhooks import deliver
from kanta_core.services import Services
from tests.api.client import Api, problem
from tests.pipeline.receiver import receiving

KINDS = ["people.changed", "photo.encoded"]


@pytest.fixture
def open_api(services: Services, event: str) -> Api:
    """The API, whose webhooks may lead to this machine; its settings say so."""
    services.settings = services.settings.model_copy(update={"webhook_addresses": "any"})
    return Api(create_app(lambda: replace(services)), services)


def test_a_webhook_shows_its_secret_once_and_how_it_is_doing(
    open_api: Api,
    event: str,
    services: Services,
    obama: bytes,
    encode_all: Callable[[], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with receiving() as receiver:
        asked = {"url": f"{receiver.url}/hook?key=their-own-secret", "kinds": KINDS}
        made = open_api.post(f"/webhooks/{event}", json=asked)
        assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
        secret = made.json().pop("secret")
        assert len(secret) == 32
        (listed,) = open_api.get(f"/webhooks/{event}").json()
        assert {**listed, "secret": secret} == made.json()
        assert listed == {
            "id": listed["id"],
            "url": asked["url"],
            "kinds": KINDS,
            "made_by": None,
            "created_at": listed["created_at"],
            "waiting": 0,
            "delivered_at": None,
            "failing_since": None,
            "last_error": None,
            "next_try_at": None,
            "given_up": 0,
        }
        open_api.post(f"/pics/{event}", content=obama).raise_for_status()
        encode_all()
        receiver.status = 500
        deliver(services, UUID(listed["id"]))
        (failing,) = open_api.get(f"/webhooks/{event}").json()
        assert (failing["waiting"], failing["last_error"]) == (1, "It answered 500.")
        assert failing["failing_since"] < failing["next_try_at"]
        receiver.status = 200
        deliver(services, UUID(listed["id"]))
    (well,) = open_api.get(f"/webhooks/{event}").json()
    assert well["delivered_at"]
    assert well == {**listed, "delivered_at": well["delivered_at"]}
    assert open_api.delete(f"/webhooks/{event}/{listed['id']}").status_code == 204
    problem(open_api.delete(f"/webhooks/{event}/{listed['id']}"), 404, "webhook-not-found")
    assert open_api.get(f"/webhooks/{event}").json() == []
    audit = open_api.get(f"/audit/{event}").text
    for told in (caplog.text, audit):
        assert secret not in told
        assert "their-own-secret" not in told


def test_an_address_of_our_own_network_is_refused_and_nothing_is_kept(api: Api, event: str) -> None:
    own = ["https://127.0.0.1/", "https://169.254.169.254/metadata", "http://1.1.1.1/", "https://[::1]/", "x"]
    bodies: list[dict[str, object]] = [{"url": url, "kinds": KINDS} for url in own]
    bodies += [{"url": "https://1.1.1.1/", "kinds": kinds} for kinds in ([], ["x"], None)]
    bodies += [{"kinds": KINDS}, {"url": "https://1.1.1.1/"}]
    for body in bodies:
        problem(api.post(f"/webhooks/{event}", json=body), 422, "invalid-request")
    problem(api.delete(f"/webhooks/{event}/{uuid4()}"), 404, "webhook-not-found")
    assert api.get(f"/webhooks/{event}").json() == []
