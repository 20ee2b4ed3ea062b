"""The sweep: whatever the triggers missed is found, once, and nothing is taken for gone that is not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from kanta_core.errors import StorageUnavailable
from kanta_core.pipeline.photos.remove import remove_event
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import ENCODE_QUEUE, PHOTOS
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.world import World
from tests.storage.raw import put_photos

ANNA, BEN = photo("anna"), photo("ben")


def dropped(world: World, data: bytes, *names: str) -> None:
    for name in names:
        world.drop(name, data)
        world.deliver(name)


def queued(world: World) -> list[str]:
    return sorted(message["blob_name"] for message in world.received(ENCODE_QUEUE))


def hours_pass(world: World, hours: int) -> None:
    world.query("UPDATE images SET queued_at = queued_at - %(t)s RETURNING 1", {"t": timedelta(hours=hours)})


def test_a_blob_nobody_told_of_becomes_a_photo(world: World, wedding: str) -> None:
    world.drop("Wedding/a", ANNA)
    world.drop("party/b", ANNA)
    world.drop("loose.jpg", ANNA)
    sweep(world.services)
    assert world.states(wedding) == {"a": "pending"}
    assert [name for (name,) in world.query("SELECT blob_name FROM drops ORDER BY 1")] == ["loose.jpg", "party/b"]
    world.work()
    assert world.states(wedding) == {"a": "encoded"}


def test_a_blob_that_is_overwritten_or_deleted_unseen_is_noticed(world: World, wedding: str) -> None:
    dropped(world, ANNA, "wedding/a")
    dropped(world, BEN, "wedding/b")
    world.drop("wedding/a", photo("cara"))
    world.vanish("wedding/b")
    sweep(world.services)
    assert world.states(wedding) == {"a": "encoded"}
    assert queued(world) == ["wedding/a"]
    world.deliver("wedding/a")
    world.settle()
    truth.check(world)


def test_work_whose_message_got_lost_is_queued_again_an_hour_later_and_not_before(
    world: World, wedding: str
) -> None:
    dropped(world, BEN, "wedding/b")
    world.drop("wedding/a", ANNA)
    world.drop("wedding/b", ANNA)
    sweep(world.services)
    assert queued(world) == ["wedding/a", "wedding/b"]

    for _ in range(3):
        sweep(world.services)
    assert queued(world) == []

    hours_pass(world, 2)
    sweep(world.services)
    assert queued(world) == ["wedding/a", "wedding/b"]


def test_a_sweep_that_finds_nothing_new_changes_nothing(world: World, wedding: str) -> None:
    dropped(world, ANNA, "wedding/a", "wedding/b", "party/c", "loose.jpg")
    dropped(world, b"", "wedding/empty")
    world.settle()
    before = world.rows()
    for _ in range(2):
        sweep(world.services)
    assert world.rows() == before
    assert queued(world) == []


def test_the_youngest_blobs_are_left_to_the_triggers(world: World, wedding: str) -> None:
    dropped(world, ANNA, "wedding/a")
    world.services.settings.__dict__["sweep_grace_seconds"] = 3_600
    world.drop("wedding/a", BEN)
    world.drop("wedding/new", ANNA)
    before = world.rows()
    sweep(world.services)
    assert world.rows() == before
    assert queued(world) == []


def test_a_blob_that_waits_in_its_triggers_queue_is_seen_as_pending_and_not_queued_once_more(
    world: World, wedding: str
) -> None:
    world.services.settings.__dict__["overdue_seconds"] = 3_600
    world.drop("wedding/a", ANNA)
    sweep(world.services)
    assert world.states(wedding) == {"a": "pending"}
    assert queued(world) == []
    world.query("UPDATE images SET last_modified = last_modified - interval '2 hours' RETURNING 1")
    sweep(world.services)
    assert queued(world) == ["wedding/a"]


def test_two_sweeps_at_once_queue_everything_once(world: World, wedding: str) -> None:
    for number in range(20):
        world.drop(f"wedding/{number}", photo(f"p{number}"))
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda _: sweep(world.services), range(2)))
    assert queued(world) == sorted(f"wedding/{number}" for number in range(20))


def test_many_blobs_are_compared_page_by_page(
    world: World, wedding: str, storage_connection: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanta_core.storage.blobs._LISTING_PAGE", 50)
    put_photos(storage_connection, [f"wedding/{number:03}" for number in range(400)])
    # Rows as if they had been read: two are missing, two speak of another version, and a hundred have no blob.
    world.query(
        """INSERT INTO images (event_id, blob_name, name, etag, status, created_at)
           SELECT id, 'wedding/' || to_char(n, 'FM000'), n, 'x', 'rejected', now() - interval '1 day'
             FROM events, generate_series(0, 499) n WHERE n <> 42 AND n <> 350
           RETURNING 1"""
    )
    etags = {blob.name: blob.etag for page in world.services.blobs.pages() for blob in page}
    world.query(
        """UPDATE images i SET etag = e.etag
             FROM unnest(%(names)s::text[], %(etags)s::text[]) e (name, etag)
            WHERE i.blob_name = e.name AND e.name NOT IN ('wedding/007', 'wedding/399') RETURNING 1""",
        {"names": list(etags), "etags": list(etags.values())},
    )
    for _ in range(2):
        sweep(world.services)
    assert queued(world) == ["wedding/007", "wedding/042", "wedding/350", "wedding/399"]
    assert world.query("SELECT count(*) FROM images") == [(400,)]


# UTF-16 puts the second before the third, UTF-8 after it.
ORDER = ["wedding/a", "wedding/🎉", "wedding/\uff21", "Wedding/z", "wedding/é", "wedding/z"]


def test_names_that_storage_orders_in_its_own_way_are_neither_missed_nor_taken_for_gone(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanta_core.storage.blobs._LISTING_PAGE", 1)
    for take, name in enumerate(ORDER):
        dropped(world, photo("anna", take=take), name)
    listed = [blob.name for page in world.services.blobs.pages() for blob in page]
    assert listed != sorted(listed)
    before = world.rows()
    sweep(world.services)
    assert world.rows() == before

    gone = [name for name in ORDER if name not in ("wedding/a", "wedding/\uff21")]
    for name in gone:
        world.vanish(name)
    sweep(world.services)
    assert set(world.states(wedding)) == {"a", "\uff21"}


def test_a_blob_that_a_listing_leaves_out_is_not_gone(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, ANNA, "wedding/a")
    before = world.rows()

    def nothing(*_: object, **__: object) -> Iterator[list[Blob]]:
        yield []

    monkeypatch.setattr(Blobs, "pages", nothing)
    sweep(world.services)
    assert world.rows() == before


def test_a_container_that_is_gone_is_no_reason_to_forget_its_photos(world: World, wedding: str) -> None:
    dropped(world, ANNA, "wedding/a", "party/b")
    before = world.rows()
    world._blobs.delete_container(PHOTOS)
    with pytest.raises(StorageUnavailable):
        sweep(world.services)
    assert world.rows() == before


def test_what_cannot_be_removed_keeps_nothing_else_from_being_found(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = Blobs.delete

    def held(blobs: Blobs, name: str, **options: str) -> bool:
        if name == "party/held":
            raise StorageUnavailable
        return delete(blobs, name, **options)

    dropped(world, ANNA, "party/held")
    world.create("party")
    with monkeypatch.context() as storage:
        storage.setattr(Blobs, "delete", held)
        with pytest.raises(StorageUnavailable):
            remove_event(world.services, "party")
        world.drop("wedding/a", ANNA)
        with pytest.raises(StorageUnavailable):
            sweep(world.services)
    assert world.states(wedding) == {"a": "pending"}

    sweep(world.services)
    assert world.blobs() == ["wedding/a"]
