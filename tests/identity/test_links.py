"""Links that an identity signs, with a key that storage gives it for some days."""

from __future__ import annotations

import urllib.error
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pytest
from azure.core.exceptions import ServiceRequestError

from kanta_core.errors import StorageUnavailable
from kanta_core.services import Services
from kanta_core.storage import keys, names


class Clock(datetime):
    """Shows what it is set to."""

    at: datetime

    @classmethod
    def now(cls, tz: object = None) -> Any:  # noqa: ANN401 - as datetime has it
        return cls.at


def test_a_link_leads_to_one_blob_and_ends_with_its_key(
    signed_in: Services, opened: Callable[[str], bytes]
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
    monkeypatch.setattr(keys, "datetime", Clock)
    hours = [timedelta(minutes=20), timedelta(hours=23, minutes=59), timedelta(days=1, minutes=14)]
    for later in (*hours, timedelta(days=1, minutes=15), timedelta(days=2)):
        Clock.at = midnight + later
        wanted = Clock.at + timedelta(days=5)
        link = signed_in.blobs.signing.to_create(names.PHOTOS, "gala/1.jpg", until=wanted)
        # No link is shorter than wanted because its key is old.
        assert datetime.fromisoformat(parse_qs(urlsplit(link).query)["se"][0]) == wanted
    assert fetched == [midnight, midnight + timedelta(days=1)]


def test_while_there_is_no_new_key_the_old_one_signs_until_it_ends(
    signed_in: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[datetime] = []
    signing = signed_in.blobs.signing
    fetch = signing._service.get_user_delegation_key
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(keys, "datetime", Clock)

    def ends(later: timedelta) -> datetime:
        Clock.at = midnight + later
        link = signing.to_create(names.PHOTOS, "gala/1.jpg", until=Clock.at + timedelta(days=365))
        return datetime.fromisoformat(parse_qs(urlsplit(link).query)["se"][0])

    def refuse(start: datetime, _: datetime) -> object:
        tried.append(Clock.at)
        raise ServiceRequestError("nobody answers")

    hour, minute, second, day = (timedelta(**{unit: 1}) for unit in ("hours", "minutes", "seconds", "days"))
    assert ends(hour) == midnight + 7 * day
    monkeypatch.setattr(signing._service, "get_user_delegation_key", refuse)
    for later in (day + hour, day + hour + 59 * second, day + hour + minute, 7 * day - second):
        assert ends(later) == midnight + 7 * day
    assert tried == [midnight + day + hour, midnight + day + hour + minute, midnight + 7 * day - second]
    with pytest.raises(StorageUnavailable):
        ends(7 * day)
    monkeypatch.setattr(signing._service, "get_user_delegation_key", fetch)
    assert ends(7 * day + minute) == midnight + 13 * day
    assert ends(7 * day + hour) == midnight + 14 * day
