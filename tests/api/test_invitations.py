"""/invitations: what an organiser shares, so that guests find their photos."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
import pytest
import segno

from kanta_core.api.app import create_app
from kanta_core.domain.access import Scope
from kanta_core.errors import StorageUnavailable
from kanta_core.services import Services
from tests.api.client import Api, problem
from tests.api.credentials import KEY, TOKEN, bearer, expire, make_token

ORGANISER = bearer(KEY)


def invite(closed: Api, code: str, maker: str = KEY, **values: object) -> dict[str, Any]:
    """A new invitation, as it is shown the one time."""
    response = closed.post(f"/invitations/{code}", json=values, headers=bearer(maker))
    assert response.status_code == 201, response.text
    assert response.headers["cache-control"] == "no-store"
    made: dict[str, Any] = response.json()
    return made


def text_of(invitation: dict[str, Any]) -> str:
    return str(invitation["url"].partition("#")[2])


def lets_in(closed: Api, text: str) -> bool:
    response = closed.get("/me", headers=bearer(text))
    assert response.status_code in (200, 401)
    return response.status_code == 200


def shown(closed: Api, code: str, credential: str = KEY) -> str | None:
    """The link to the QR code, as the event has it."""
    (event,) = closed.get("/events", params={"event_code": code}, headers=bearer(credential)).json()["events"]
    url: str | None = event["qr_code_image_url"]
    return url


def test_an_invitation_is_a_link_and_a_qr_code_that_leads_there(closed: Api, event: str) -> None:
    made = invite(closed, event)
    assert re.fullmatch(rf"http://testserver/join#{TOKEN.pattern}", made["url"])
    assert lets_in(closed, text_of(made))
    drawn = httpx2.get(made["qr_code_image_url"])
    assert drawn.headers["content-type"] == "image/svg+xml"
    same = io.BytesIO()
    segno.make(made["url"], error="m", micro=False).save(same, kind="svg", scale=8, light="white", title="QR code")
    assert drawn.content == same.getvalue()
    assert b"<script" not in drawn.content


def test_where_guests_find_kanta_is_a_setting(closed: Api, event: str, services: Services) -> None:
    settings = services.settings.model_copy(update={"public_url": "https://photos.example/kanta"})
    with Api(create_app(lambda: replace(services, settings=settings)), services) as elsewhere:
        made = elsewhere.post(f"/invitations/{event}", json={}).json()
    assert made["url"].startswith("https://photos.example/kanta/join#")


def test_its_text_is_in_its_qr_code_and_nowhere_else(
    closed: Api, event: str, stored: Callable[[], object]
) -> None:
    made = invite(closed, event)
    assert text_of(made) not in str(stored())
    assert text_of(made) not in closed.get(f"/tokens/{event}", headers=ORGANISER).text
    assert text_of(made) not in str(shown(closed, event))


def test_its_qr_code_is_shown_to_those_who_manage_as_long_as_it_lets_in(
    closed: Api, event: str, services: Services
) -> None:
    assert shown(closed, event) is None
    made = invite(closed, event)
    browse, manage = (make_token(closed, event, [scope])[1] for scope in (Scope.BROWSE, Scope.MANAGE))
    assert shown(closed, event) == shown(closed, event, manage) == made["qr_code_image_url"]
    assert shown(closed, event, browse) is None
    expire(services, made["id"])
    assert shown(closed, event) is None


def test_guests_join_and_upload_with_it_and_do_nothing_else(closed: Api, event: str) -> None:
    for upload in (True, False):
        made = invite(closed, event, upload=upload)
        me = closed.get("/me", headers=bearer(text_of(made))).json()
        assert me["may"] == {"upload": upload, "search": True}
        assert made["upload"] is upload
        scopes = closed.get(f"/tokens/{event}", headers=ORGANISER).json()[0]["scopes"]
        assert set(scopes) == {"join", "guest"} | ({"upload"} if upload else set())
    for path in ("/find-similar", "/find-people"):
        answer = closed.post(path, params={"event_code": event}, content=b"", headers=bearer(text_of(made)))
        problem(answer, 403, "scope-missing")


def test_a_new_one_takes_the_place_of_the_former(closed: Api, event: str) -> None:
    former, now = invite(closed, event), invite(closed, event)
    assert [lets_in(closed, text_of(each)) for each in (former, now)] == [False, True]
    assert shown(closed, event) == now["qr_code_image_url"]
    assert httpx2.get(former["qr_code_image_url"]).status_code == 404
    listed = {token["id"]: token for token in closed.get(f"/tokens/{event}", headers=ORGANISER).json()}
    assert listed[former["id"]]["revoked_at"] is not None
    assert listed[now["id"]]["revoked_at"] is None


def test_taken_back_it_lets_nobody_in_and_its_qr_code_is_gone(closed: Api, event: str) -> None:
    made = invite(closed, event)
    for _ in range(2):
        assert closed.delete(f"/invitations/{event}", headers=ORGANISER).status_code == 204
        assert not lets_in(closed, text_of(made))
        assert shown(closed, event) is None
    assert httpx2.get(made["qr_code_image_url"]).status_code == 404


def test_it_lives_half_a_year_or_as_long_as_it_is_told_and_not_longer_than_what_made_it(
    closed: Api, event: str
) -> None:
    now = datetime.now(UTC)
    usual = datetime.fromisoformat(invite(closed, event)["expires_at"])
    assert timedelta() <= usual - now - timedelta(days=180) < timedelta(minutes=1)
    asked = (now + timedelta(days=2)).replace(microsecond=0)
    assert datetime.fromisoformat(invite(closed, event, expires_at=asked.isoformat())["expires_at"]) == asked
    for life in (timedelta(seconds=-1), timedelta(days=366)):
        wanted = {"expires_at": (now + life).isoformat()}
        problem(closed.post(f"/invitations/{event}", json=wanted, headers=ORGANISER), 422, "invalid-request")
    maker = closed.post(
        f"/tokens/{event}", json={"scopes": ["manage"], "expires_at": asked.isoformat()}, headers=ORGANISER
    ).json()
    assert datetime.fromisoformat(invite(closed, event, maker["token"])["expires_at"]) == asked


def test_what_a_token_made_ends_with_it_and_so_do_the_guests_links(
    closed: Api, event: str, services: Services
) -> None:
    maker_id, maker = make_token(closed, event, [Scope.MANAGE])
    made = invite(closed, event, maker)
    # As a guest who was found with it has one.
    link_id, link = make_token(closed, event, [Scope.GUEST])
    with psycopg.connect(services.settings.database_url) as connection:
        connection.execute("UPDATE tokens SET made_by = %s WHERE id = %s", [made["id"], link_id])
    closed.delete(f"/tokens/{event}/{maker_id}", headers=ORGANISER).raise_for_status()
    assert [lets_in(closed, text) for text in (text_of(made), link)] == [False, False]


def test_it_ends_with_its_event(closed: Api, event: str, stored: Callable[[], dict[str, Any]]) -> None:
    made = invite(closed, event)
    closed.request("DELETE", "/events", json={"event_code": event}, headers=ORGANISER).raise_for_status()
    assert not lets_in(closed, text_of(made))
    assert stored()["invitations"] == stored()["event-images"] == []


def test_where_its_qr_code_can_not_be_kept_the_former_goes_on(
    closed: Api, event: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = invite(closed, event)

    def unavailable(*_: object, **__: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(services.blobs, "write", unavailable)
    answer = closed.post(f"/invitations/{event}", json={}, headers=ORGANISER)
    problem(answer, 503, "storage-unavailable")
    assert lets_in(closed, text_of(former))
    assert shown(closed, event) == former["qr_code_image_url"]
