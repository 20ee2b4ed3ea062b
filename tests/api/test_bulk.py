"""Many photos at once: each is deleted or tried again by itself, and asking again finishes what was left."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID, uuid4

import pytest

from kanta_core.errors import StorageUnavailable
from kanta_core.pipeline.photos import bulk
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.pipeline.photos.retry import give_up
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS
from tests.api import photos
from tests.api.client import Api, problem


def uploaded(api: Api, event: str, count: int) -> list[str]:
    return [api.post(f"/pics/{event}", content=photos.jpeg(seed)).json()["uuid"] for seed in range(count)]


def failed(api: Api, services: Services, event: str, count: int) -> list[str]:
    ids = uploaded(api, event, count)
    for each in ids:
        give_up(services, f"{event}/{each}.jpg")
    return ids


def shown(api: Api, event: str, status: str) -> list[str]:
    return [row["uuid"] for row in api.get(f"/pics?event_code={event}&status={status}&limit=200").json()]


def asked(api: Api, event: str, what: str, **body: object) -> dict[str, str]:
    answer = api.post(f"/pics/{event}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    outcomes = answer.json()["outcomes"]
    found = {each["uuid"]: each["outcome"] for each in outcomes}
    assert len(found) == len(outcomes)
    return found


def test_those_that_are_named_are_deleted_and_no_others(api: Api, event: str, services: Services) -> None:
    kept, *doomed = uploaded(api, event, 4)
    unknown = str(uuid4())
    first = asked(api, event, "deletions", uuids=[*doomed, unknown, doomed[0]])
    assert first == {**dict.fromkeys(doomed, "done"), unknown: "not-found"}
    assert shown(api, event, "pending") == [kept]
    assert [blob.name for page in services.blobs.pages(container=PHOTOS) for blob in page] == [
        f"{event}/{kept}.jpg"
    ]
    again = asked(api, event, "deletions", uuids=doomed)
    assert again == dict.fromkeys(doomed, "not-found")


def test_photos_of_the_same_bytes_go_together(
    api: Api, event: str, services: Services, encode_all: Callable[[], None]
) -> None:
    for name in ("a", "b"):
        services.blobs.write(PHOTOS, f"{event}/{name}.jpg", photos.jpeg(), content_type="image/jpeg")
        encode_all()
    (holder,), (duplicate,) = shown(api, event, "encoded"), shown(api, event, "duplicate")
    assert asked(api, event, "deletions", uuids=[holder, duplicate]) == {holder: "done", duplicate: "done"}
    assert api.get("/pics", params={"event_code": event}).json() == []


def test_what_storage_does_not_let_be_deleted_is_left_for_later(
    api: Api, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = uploaded(api, event, 3)

    def cut_off(services: Services, code: str, image_id: UUID) -> Collection[UUID]:
        if str(image_id) == ids[1]:
            raise StorageUnavailable
        return remove_image(services, code, image_id)

    monkeypatch.setattr(bulk, "remove_image", cut_off)
    assert list(asked(api, event, "deletions", uuids=ids).values()) == ["done", "later", "later"]
    monkeypatch.undo()
    assert list(asked(api, event, "deletions", uuids=ids).values()) == ["not-found", "done", "done"]
    ids = uploaded(api, event, 2)
    monkeypatch.setattr(bulk, "_SECONDS", -1)
    assert set(asked(api, event, "deletions", uuids=ids).values()) == {"later"}
    assert shown(api, event, "pending") == ids


def test_those_that_did_not_make_it_are_tried_again(
    api: Api, event: str, services: Services, encode_all: Callable[[], None]
) -> None:
    ids = failed(api, services, event, 2)
    encoded = api.post(f"/pics/{event}", content=photos.jpeg(9)).json()["uuid"]
    unknown = str(uuid4())
    expected = {**dict.fromkeys(ids, "done"), unknown: "not-found"}
    assert asked(api, event, "retries", uuids=[*ids, unknown]) == expected
    assert set(shown(api, event, "pending")) == {*ids, encoded}
    encode_all()
    # Asked once more, they are what they are.
    expected = {**dict.fromkeys([*ids, encoded], "nothing-to-retry"), unknown: "not-found"}
    assert asked(api, event, "retries", uuids=[*ids, encoded, unknown]) == expected
    assert len(shown(api, event, "encoded")) == 3


def test_all_that_failed_are_tried_again_so_many_at_once(
    api: Api, event: str, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = failed(api, services, event, 3)
    monkeypatch.setattr(bulk, "MOST", 2)
    first = api.post(f"/pics/{event}/retries", json={"status": "failed"}).json()
    assert first == {"outcomes": [{"uuid": each, "outcome": "done"} for each in ids[:2]], "left": 1}
    rest = api.post(f"/pics/{event}/retries", json={"status": "failed"}).json()
    assert rest == {"outcomes": [{"uuid": ids[2], "outcome": "done"}], "left": 0}
    assert api.post(f"/pics/{event}/retries", json={"status": "failed"}).json() == {"outcomes": [], "left": 0}
    assert api.post(f"/pics/{event}/retries", json={"status": "rejected"}).json() == {"outcomes": [], "left": 0}


def test_anothers_photo_is_as_good_as_none(api: Api, event: str, services: Services) -> None:
    api.post("/events", json={"event_code": "funeral"}).raise_for_status()
    (theirs,) = failed(api, services, "funeral", 1)
    for what in ("deletions", "retries"):
        assert asked(api, event, what, uuids=[theirs]) == {theirs: "not-found"}
    assert shown(api, "funeral", "failed") == [theirs]


def test_too_many_and_none_are_refused(api: Api, event: str) -> None:
    many = [str(uuid4()) for _ in range(501)]
    for what, body in [
        ("deletions", {"uuids": many}),
        ("deletions", {"uuids": []}),
        ("deletions", {}),
        ("deletions", {"status": "failed"}),
        ("retries", {"uuids": many}),
        ("retries", {}),
        ("retries", {"uuids": many[:1], "status": "failed"}),
        ("retries", {"status": "encoded"}),
    ]:
        problem(api.post(f"/pics/{event}/{what}", json=body), 422, "invalid-request")
