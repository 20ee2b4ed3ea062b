"""Guests: they agree, show a photo of themselves, and see the photos of them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from kanta_core.domain.access import Scope
from kanta_core.domain.guests import CONSENT_TEXT, CONSENT_VERSION
from kanta_core.services import Services
from tests.api import photos
from tests.api.client import Api, problem
from tests.api.credentials import KEY, bearer, expire, make_token
from tests.api.test_invitations import invite, text_of

ORGANISER = bearer(KEY)
# Where a camera writes where it was.
_GPS, _MAKE = 0x8825, 0x010F


@pytest.fixture(scope="module")
def selfie(sample_photos: Path) -> bytes:
    """A photo that the event does not have, of somebody who is in it."""
    return (sample_photos / "obama2.jpg").read_bytes()


def _with_place(path: Path) -> bytes:
    with Image.open(path) as photo:
        photo.thumbnail((500, 500))
        exif = photo.getexif()
        exif[_MAKE] = "Kanta's camera"
        exif.get_ifd(_GPS)[1] = "N"
        exif.get_ifd(_GPS)[2] = (47.0, 59.0, 17.25)
        return photos.saved(photo, "JPEG", exif=exif)


@pytest.fixture
def gathering(
    closed: Api,
    event: str,
    encode_all: Callable[[], None],
    make_people: Callable[[str], None],
    sample_photos: Path,
) -> dict[str, str]:
    """An event with two photos of one person and one of another, by the names of the files: their ids."""
    found = {}
    for name in ("obama.jpg", "obama3.jpg", "biden.jpg"):
        sent = closed.post(f"/pics/{event}", content=_with_place(sample_photos / name), headers=ORGANISER)
        found[name] = sent.json()["uuid"]
    encode_all()
    make_people(event)
    return found


def join(closed: Api, token: str, photo: bytes, *, code: str = "wedding", **fields: str) -> httpx2.Response:
    sent: dict[str, Any] = {"image": ("me.jpg", photo, "image/jpeg"), **{k: v.encode() for k, v in fields.items()}}
    return closed.post("/guest-links", params={"event_code": code}, files=sent, headers=bearer(token))


def found(closed: Api, token: str, photo: bytes) -> dict[str, Any]:
    """The link of whoever is in the photo."""
    answer = join(closed, token, photo, consent=CONSENT_VERSION)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    link: dict[str, Any] = answer.json()
    return link


def _but_counts(stored: dict[str, object]) -> dict[str, object]:
    """All but the tokens, on which it is counted how often they search."""
    return {name: rows for name, rows in stored.items() if name != "tokens"}


def pics(closed: Api, token: str, **query: str) -> dict[str, Any]:
    answer = closed.get("/me/pics", params=query, headers=bearer(token))
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def test_a_guest_is_told_of_the_event_and_what_they_are_asked(closed: Api, event: str) -> None:
    about = {"event_code": event, "name": "Ada & Bob", "start_date_time": "2026-05-01T12:00:00Z"}
    closed.put("/events", json=about, headers=ORGANISER).raise_for_status()
    made = invite(closed, event)
    me = closed.get("/me", headers=bearer(text_of(made))).json()
    assert me == {
        "event": {
            "code": event,
            "name": "Ada & Bob",
            "description": None,
            "start_date_time": "2026-05-01T12:00:00Z",
            "end_date_time": None,
            "event_image_url": None,
        },
        "guests_see": "themselves",
        "may": {"upload": True, "search": True},
        "consent": {"version": CONSENT_VERSION, "text": CONSENT_TEXT},
        "photos": None,
        "expires_at": made["expires_at"],
    }
    assert pics(closed, text_of(made)) == {"pics": [], "total": 0, "next_cursor": None}


def test_whoever_agrees_and_shows_themselves_sees_their_photos_and_no_others(
    closed: Api, event: str, gathering: dict[str, str], selfie: bytes, services: Services
) -> None:
    made = invite(closed, event)
    link = found(closed, text_of(made), selfie)
    assert link["photos"] == 2
    assert link["url"] == f"http://testserver/join#{link['token']}"
    token = link["token"]
    me = closed.get("/me", headers=bearer(token)).json()
    assert (me["photos"], me["may"]) == (2, {"upload": False, "search": False})
    assert me["expires_at"] == link["expires_at"] < made["expires_at"]

    theirs = pics(closed, token)
    assert [each["uuid"] for each in theirs["pics"]] == [gathering["obama.jpg"], gathering["obama3.jpg"]]
    assert theirs["total"] == 2
    for each in theirs["pics"]:
        assert len(each["own_faces"]) == 1
        thumbnail = httpx2.get(each["thumbnail_url"])
        assert thumbnail.headers["content-type"] == "image/jpeg"
        photo = closed.get(f"/me/pics/{each['uuid']}/photo", headers=bearer(token))
        assert photo.headers["cache-control"].startswith("private")
        assert photo.headers["x-content-type-options"] == "nosniff"
        with Image.open(io.BytesIO(photo.content)) as opened:
            assert opened.size == (each["width"], each["height"])
            assert not opened.getexif().keys() & {_GPS, _MAKE}
        assert b"Kanta's camera" not in photo.content
    # Not a link to a photo as it came is among all that they are told.
    told = closed.get("/me", headers=bearer(token)).text + str(theirs)
    assert "/photos/" not in told

    absent = [gathering["biden.jpg"], made["id"]]
    asked = [closed.get(f"/me/pics/{each}/photo", headers=bearer(token)) for each in absent]
    other, nothing = ({**problem(answer, 404, "image-not-found"), "instance": ""} for answer in asked)
    assert other == nothing
    problem(closed.get("/me/pics?whose=everyone", headers=bearer(token)), 403, "scope-missing")


def test_nobody_is_sought_who_has_not_agreed_to_the_text_as_it_is(
    closed: Api, event: str, gathering: dict[str, str], selfie: bytes, stored: Callable[[], dict[str, object]]
) -> None:
    token = text_of(invite(closed, event))
    before = _but_counts(stored())
    problem(join(closed, token, selfie), 422, "consent-missing")
    for version in ("", "2020-01-01", CONSENT_VERSION + "x", "\0", "x" * 10_000):
        problem(join(closed, token, selfie, consent=version), 422, "consent-missing")
    bare = closed.post("/guest-links", params={"event_code": event}, content=selfie, headers=bearer(token))
    problem(bare, 422, "malformed-body")
    assert _but_counts(stored()) == before


def test_whoever_is_not_found_is_told_to_try_another_photo_and_nothing_of_others(
    closed: Api,
    event: str,
    gathering: dict[str, str],
    biden: bytes,
    selfie: bytes,
    stored: Callable[[], dict[str, object]],
) -> None:
    token = text_of(invite(closed, event))
    closed.delete(f"/pics/{event}/{gathering['biden.jpg']}", headers=ORGANISER).raise_for_status()
    before = _but_counts(stored())
    nobody = problem(join(closed, token, biden, consent=CONSENT_VERSION), 404, "nobody-found")
    assert "try another" in nobody["detail"]
    assert nobody.keys() == {"type", "title", "status", "detail", "instance"}
    problem(join(closed, token, photos.jpeg(), consent=CONSENT_VERSION), 422, "no-face")
    problem(join(closed, token, b"no photo", consent=CONSENT_VERSION), 415, "image-unsupported")
    assert _but_counts(stored()) == before


def test_where_guests_see_everything_they_do_at_once_and_only_for_as_long(
    closed: Api, event: str, gathering: dict[str, str], selfie: bytes
) -> None:
    invited = text_of(invite(closed, event))
    link = found(closed, invited, selfie)["token"]
    for guests_see in ("everything", "themselves", "everything"):
        change = {"event_code": event, "guests_see": guests_see}
        assert closed.put("/events", json=change, headers=ORGANISER).json()["guests_see"] == guests_see
        for token in (invited, link):
            assert closed.get("/me", headers=bearer(token)).json()["guests_see"] == guests_see
            everyone = closed.get("/me/pics?whose=everyone", headers=bearer(token))
            photo = closed.get(f"/me/pics/{gathering['biden.jpg']}/photo", headers=bearer(token))
            if guests_see == "everything":
                assert {each["uuid"] for each in everyone.json()["pics"]} == set(gathering.values())
                assert photo.status_code == 200
            else:
                problem(everyone, 403, "scope-missing")
                problem(photo, 404, "image-not-found")
    shown = {each["uuid"]: each["own_faces"] for each in pics(closed, link, whose="everyone")["pics"]}
    assert [len(shown[gathering[name]]) for name in ("obama.jpg", "biden.jpg")] == [1, 0]
    for wrong in (None, "nothing", ""):
        problem(
            closed.put("/events", json={"event_code": event, "guests_see": wrong}, headers=ORGANISER),
            422,
            "invalid-request",
        )


def test_photos_are_listed_page_by_page(closed: Api, event: str, gathering: dict[str, str], selfie: bytes) -> None:
    token = found(closed, text_of(invite(closed, event)), selfie)["token"]
    first = pics(closed, token, limit="1")
    second = pics(closed, token, limit="1", cursor=first["next_cursor"])
    assert [each["uuid"] for page in (first, second) for each in page["pics"]] == [
        gathering["obama.jpg"],
        gathering["obama3.jpg"],
    ]
    assert (first["total"], second["total"], second["next_cursor"]) == (2, 2, None)
    for cursor in ("x", "", "é", first["next_cursor"] + "A", first["next_cursor"][:-4], "." * 32):
        problem(closed.get("/me/pics", params={"cursor": cursor}, headers=bearer(token)), 422, "invalid-request")
    pics(closed, token, cursor="_" * 32)


def test_a_link_ends_when_it_expires_is_revoked_or_all_are_taken_back(
    closed: Api, event: str, gathering: dict[str, str], selfie: bytes, services: Services
) -> None:
    invited = invite(closed, event)
    links = [found(closed, text_of(invited), selfie)["token"] for _ in range(3)]
    listed = closed.get(f"/tokens/{event}", headers=ORGANISER).json()
    assert [(each["scopes"], each["made_by"]) for each in listed[:3]] == [(["guest"], invited["id"])] * 3
    third, second, _ = (each["id"] for each in listed[:3])
    closed.delete(f"/tokens/{event}/{third}", headers=ORGANISER).raise_for_status()
    expire(services, second)
    problem(closed.get("/me", headers=bearer(links[2])), 401, "unauthenticated")
    problem(closed.get("/me", headers=bearer(links[1])), 401, "unauthenticated")
    # Another invitation leaves it as it is; that guests are no longer invited ends it.
    invite(closed, event)
    assert pics(closed, links[0])["total"] == 2
    closed.delete(f"/invitations/{event}", headers=ORGANISER).raise_for_status()
    problem(closed.get("/me/pics", headers=bearer(links[0])), 401, "unauthenticated")


def test_whoever_asks_to_be_forgotten_gets_a_receipt_and_is_unknown_from_then_on(
    closed: Api, event: str, gathering: dict[str, str], selfie: bytes
) -> None:
    invited = text_of(invite(closed, event))
    token = found(closed, invited, selfie)["token"]
    crops = [
        face["crop_url"]
        for name in ("obama.jpg", "obama3.jpg")
        for face in closed.get(f"/pics/{gathering[name]}", headers=ORGANISER).json()["faces"]
    ]
    receipt = closed.post("/me/erasure", headers=bearer(token))
    went = {"faces": 2, "crops": 2, "people": 1, "photos_stay": 2, "consent_version": CONSENT_VERSION}
    assert receipt.json() == {"erased_at": receipt.json()["erased_at"], **went}
    assert [httpx2.get(url).status_code for url in crops] == [404, 404]
    for path in ("/me", "/me/pics", f"/me/pics/{gathering['obama.jpg']}/photo"):
        problem(closed.get(path, headers=bearer(token)), 401, "unauthenticated")
    problem(closed.post("/me/erasure", headers=bearer(token)), 401, "unauthenticated")
    problem(join(closed, invited, selfie, consent=CONSENT_VERSION), 404, "nobody-found")
    for name, faces in (("obama.jpg", 0), ("obama3.jpg", 0), ("biden.jpg", 1)):
        image = closed.get(f"/pics/{gathering[name]}", headers=ORGANISER).json()
        assert (image["image"]["status"], image["image"]["faces"], len(image["faces"])) == (
            "encoded",
            faces,
            faces,
        )


def test_while_access_is_open_whoever_shows_a_token_is_whom_it_was_given_to(
    api: Api, event: str, services: Services
) -> None:
    text = text_of(invite(api, event))
    assert api.get("/me", headers=bearer(text)).json()["may"] == {"upload": True, "search": True}
    problem(api.get("/clusters", params={"event_code": event}, headers=bearer(text)), 403, "scope-missing")
    problem(api.get("/me"), 403, "scope-missing")
    token_id, ended = make_token(api, event, [Scope.GUEST])
    expire(services, token_id)
    problem(api.get("/me", headers=bearer(ended)), 401, "unauthenticated")
    assert api.get("/clusters", params={"event_code": event}).status_code == 200
