"""GET /pics: an event's photos in every state, in pages, filtered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from kanta_core.pipeline.photos.retry import give_up
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api, problem

KEYS = {
    "uuid": str,
    "azure_blob_url": str,
    "file_extension": str | None,
    "faces": int,
    "status": str,
    "status_reason": str | None,
    "duplicate_of": str | None,
    "created_at": str,
    "last_modified": str,
}


@pytest.fixture
def rows(
    api: Api,
    event: str,
    services: Services,
    encode_all: Callable[[], None],
    make_people: Callable[[str], None],
    obama: bytes,
    biden: bytes,
) -> list[dict[str, Any]]:
    """The event's photos: two people, no face, a duplicate, a rejected, a failed and a pending one."""
    for name, data in [("obama", obama), ("biden", biden), ("nobody", photos.jpeg()), ("twice", obama)]:
        services.blobs.write(PHOTOS, f"{event}/{name}.jpg", data, content_type="image/jpeg")
        encode_all()
    services.blobs.write(PHOTOS, f"{event}/letter.txt", b"Dear Kanta", content_type="text/plain")
    encode_all()
    for seed in (1, 2):
        taken = api.post(f"/pics/{event}", content=photos.jpeg(seed)).json()
        if seed == 1:
            give_up(services, f"{event}/{taken['uuid']}.jpg")
    make_people(event)
    return list(api.get("/pics", params={"event_code": event}).json())


def test_a_list_shows_every_photo_in_every_state_oldest_first(rows: list[dict[str, Any]]) -> None:
    assert [row["status"] for row in rows] == [
        *("encoded", "encoded", "encoded", "duplicate", "rejected", "failed", "pending")
    ]
    assert [row["faces"] for row in rows] == [1, 1, 0, 0, 0, 0, 0]
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)
    for row in rows:
        for key, kind in KEYS.items():
            assert isinstance(row[key], kind), key
        assert (row["status_reason"] is None) == (row["status"] in ("encoded", "pending"))
        assert row["status_reason"] is None or row["status_reason"].endswith(".")
    assert [row["duplicate_of"] for row in rows] == [None, None, None, rows[0]["uuid"], None, None, None]


def test_pages_put_together_are_the_list(api: Api, event: str, rows: list[dict[str, Any]]) -> None:
    for limit in (1, 2, 3, 200):
        pages: list[dict[str, Any]] = []
        for offset in range(0, len(rows) + limit, limit):
            query = {"event_code": event.upper(), "limit": limit, "offset": offset}
            pages += api.get("/pics", params=query).json()
        assert pages == rows
    assert api.get("/pics", params={"event_code": event, "offset": 2**62}).json() == []


def test_photos_of_one_moment_are_ordered_by_uuid_and_50_make_a_page(
    api: Api, event: str, services: Services
) -> None:
    with services.database.transaction() as connection:
        connection.execute(
            """INSERT INTO images (event_id, blob_name, name, created_at)
               SELECT id, 'wedding/' || n || '.jpg', n, '2026-01-01' FROM events, generate_series(1, 55) n"""
        )
    first = api.get("/pics", params={"event_code": event}).json()
    rest = api.get("/pics", params={"event_code": event, "offset": 50}).json()
    assert (len(first), len(rest)) == (50, 5)
    uuids = [row["uuid"] for row in first + rest]
    assert uuids == sorted(uuids)


def test_filters_show_what_fits_all_of_them(api: Api, event: str, rows: list[dict[str, Any]]) -> None:
    shown = {row["uuid"]: number for number, row in enumerate(rows)}
    people = {
        number: api.get(f"/pics/{rows[number]['uuid']}").json()["faces"][0]["cluster_id"] for number in (0, 1)
    }

    def numbers(**query: object) -> list[int]:
        found = api.get("/pics", params={"event_code": event, **query}).json()  # type: ignore[dict-item]
        return [shown[row["uuid"]] for row in found]

    assert numbers(status="encoded") == [0, 1, 2]
    assert [numbers(status=row["status"]) for row in rows[3:]] == [[3], [4], [5], [6]]
    assert numbers(status=["failed", "rejected"]) == [4, 5]
    assert numbers(min_faces=1) == [0, 1]
    assert numbers(max_faces=0) == [2, 3, 4, 5, 6]
    assert numbers(min_faces=1, max_faces=0) == []
    assert numbers(min_faces=2) == []
    assert numbers(min_faces=-1, max_faces=2**31 - 1) == list(range(7))
    assert numbers(cluster_list_id=people[1]) == ([1] if people[0] != people[1] else [0, 1])
    assert numbers(cluster_list_id=[people[0], people[1], 99]) == [0, 1]
    assert numbers(cluster_list_id=99) == []
    assert numbers(cluster_list_id=[people[0], people[1]], status="encoded", max_faces=1, offset=1) == [1]
    assert numbers(cluster_list_id=people[0], status="pending") == []


def test_dates_bound_the_time_of_arrival_and_both_bounds_belong(
    api: Api, event: str, rows: list[dict[str, Any]]
) -> None:
    def count(**query: str) -> int:
        return len(api.get("/pics", params={"event_code": event, **query}).json())

    second, last = rows[1]["created_at"], rows[-1]["created_at"]
    assert count(date_from=second) == 6
    assert count(date_to=second) == 2
    assert count(date_from=second, date_to=last) == 6
    assert count(date_from=last, date_to=second) == 0
    moment = datetime.fromisoformat(second)
    assert count(date_from=(moment + timedelta(microseconds=1)).isoformat()) == 5
    assert count(date_to=moment.replace(tzinfo=None).isoformat()) == 2
    assert count(date_from="0001-01-01", date_to="9999-12-31") == 7


def test_a_bare_date_is_the_whole_day_and_midnight_is_a_moment(api: Api, event: str, services: Services) -> None:
    api.post(f"/pics/{event}", content=photos.jpeg())
    with services.database.transaction() as connection:
        connection.execute("UPDATE images SET created_at = '2026-05-01T18:00:00Z'")

    def shown(**query: str) -> bool:
        return bool(api.get("/pics", params={"event_code": event, **query}).json())

    assert shown(date_from="2026-05-01", date_to="2026-05-01")
    assert not shown(date_to="2026-05-01T00:00:00Z")
    assert not shown(date_to="2026-05-01T00:00:00+00:00")
    assert shown(date_from="2026-05-01T00:00:00")
    assert not shown(date_from="2026-05-02")
    assert not shown(date_to="2026-04-30")
    assert not shown(date_from="2026-05-01T18:00:00-00:01")


ODD = {
    "limit": ("0", "201", "-1", "x", "", "1.5", "9" * 40, "nan"),
    "offset": ("-1", "x", str(2**63), "9" * 400),
    "min_faces": ("x", str(2**31), "", "1e3"),
    "max_faces": (str(-(2**31) - 1), "inf"),
    "cluster_list_id": ("x", "", str(2**31), "1,2"),
    "status": ("done", "", "ENCODED", "\0"),
    "date_from": ("x", "", "1777651200", "0001-01-01T00:00:00+14:00", "2026-02-30", "inf"),
    "date_to": ("2026-05-01T18:00:00Z\0", "9999-12-31T23:59:59-14:00", "0"),
}


def test_what_is_no_filter_is_refused_and_named(api: Api, event: str) -> None:
    for name, values in ODD.items():
        for value in values:
            response = api.get("/pics", params={"event_code": event, name: value})
            document = problem(response, 422, "invalid-request")
            assert document["errors"][0]["where"].startswith(f"query.{name}"), (name, value)


def test_a_list_needs_an_event_that_there_is(api: Api, event: str) -> None:
    problem(api.get("/pics"), 422, "invalid-request")
    for code in ("nobody", "", "\0", "a" * 5_000):
        problem(api.get("/pics", params={"event_code": code}), 404, "event-not-found")
    assert api.get("/pics", params={"event_code": event}).json() == []
