"""Pictures: there before anybody is led to them, gone with the photo, found by the sweep when they are lost."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from kanta_core.database import outcomes
from kanta_core.errors import DatabaseUnavailable
from kanta_core.pipeline.photos.remove import remove_event, remove_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import PICTURES
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

ANNA, BEN, BOTH = photo("anna"), photo("ben"), photo("anna", "ben")
A, B = "wedding/a", "wedding/b"


def dropped(world: World, data: bytes, *names: str) -> None:
    for name in names:
        world.drop(name, data)
        world.deliver(name)


def stored(world: World) -> dict[str, str]:
    """The version of every picture there is."""
    return {blob.name: str(blob.etag) for blob in world.pictures.list_blobs()}


def content(world: World, name: str) -> bytes:
    return world.pictures.download_blob(name).readall()


def settled(world: World) -> None:
    world.settle()
    truth.check(world)


def test_an_encoded_photo_has_a_thumbnail_and_every_face_a_crop(world: World, wedding: str) -> None:
    dropped(world, BOTH, A)
    assert set(stored(world)) == truth.pictures(world)
    assert sorted(content(world, name) for name in stored(world)) == sorted(
        [b"thumbnail of " + BOTH, b"crop of anna", b"crop of ben"]
    )
    for blob in world.pictures.list_blobs():
        assert blob.content_settings.content_type == "image/jpeg"


def test_the_pictures_are_there_before_anybody_is_led_to_them(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = outcomes.finish
    seen: list[int] = []

    def look_and_finish(*args: Any) -> bool:  # noqa: ANN401 - as they came
        seen.append(len(stored(world)))
        return finish(*args)

    monkeypatch.setattr(outcomes, "finish", look_and_finish)
    dropped(world, BOTH, A)
    assert seen == [3]


def test_a_duplicate_shows_its_holders_pictures_and_inherits_them(world: World, wedding: str) -> None:
    dropped(world, BOTH, A, B)
    before = stored(world)
    assert len(before) == 3
    world.vanish(A)
    world.deliver(A)
    assert stored(world) == before
    settled(world)


@pytest.mark.parametrize("how", ["removed", "vanished", "overwritten"])
def test_the_pictures_go_with_the_photo_at_once(world: World, wedding: str, how: str) -> None:
    dropped(world, BEN, B)
    bens = stored(world)
    dropped(world, BOTH, A)
    if how == "removed":
        remove_image(world.services, wedding, world.image(A).id)
    elif how == "vanished":
        world.vanish(A)
    else:
        world.drop(A, BEN)
    world.deliver(A)
    assert stored(world) == bens


def test_the_pictures_go_with_the_event_at_once(world: World, wedding: str) -> None:
    world.create("party")
    dropped(world, ANNA, "party/a")
    others = stored(world)
    dropped(world, BOTH, A)
    remove_event(world.services, wedding)
    assert stored(world) == others


@pytest.mark.parametrize("how", ["removed", "overwritten", "removed with its event"])
def test_a_photo_that_goes_while_it_is_encoded_leaves_no_pictures(world: World, wedding: str, how: str) -> None:
    world.drop(A, BOTH)
    with world.encoding(A, BOTH):
        if how == "removed":
            remove_image(world.services, wedding, world.image(A).id)
        elif how == "overwritten":
            dropped(world, b"", A)
        else:
            remove_event(world.services, wedding)
    assert stored(world) == {}


def test_a_photo_that_comes_again_while_its_pictures_go_keeps_its_new_ones(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, ANNA, A)
    delete_all = Blobs.delete_all

    def come_again_and_delete(blobs: Blobs, *args: Any, **kwargs: Any) -> int:  # noqa: ANN401 - as they came
        monkeypatch.undo()
        dropped(world, ANNA, B)
        return delete_all(blobs, *args, **kwargs)

    world.vanish(A)
    monkeypatch.setattr(Blobs, "delete_all", come_again_and_delete)
    world.deliver(A)
    assert world.states(wedding) == {"b": "encoded"}
    assert set(stored(world)) == truth.pictures(world)
    assert len(stored(world)) == 2


def test_pictures_of_a_photo_that_was_never_finished_are_found(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> bool:
        raise DatabaseUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(outcomes, "finish", down)
        dropped(world, BOTH, A)
    assert world.states(wedding) == {"a": "failed"}
    assert len(stored(world)) == 3
    sweep(world.services)
    assert stored(world) == {}


@pytest.mark.parametrize("which", ["thumbnail", "crop"])
def test_a_picture_that_is_lost_is_made_again_and_everybody_stays_who_they_are(
    world: World, wedding: str, which: str
) -> None:
    dropped(world, BOTH, A)
    dropped(world, BEN, B)
    world.settle()
    people = world.query("SELECT id, cluster_id FROM faces ORDER BY 1")
    lost = next(name for name in stored(world) if content(world, name).startswith(which.encode()))
    world.pictures.delete_blob(lost)
    world.encoder.seen.clear()

    world.settle()
    truth.check(world)
    assert content(world, lost).startswith(which.encode())
    assert len(world.encoder.seen) == 1
    assert world.query("SELECT id, cluster_id FROM faces ORDER BY 1") == people


def test_pictures_of_nobody_are_deleted(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    kept = stored(world)
    folder = next(iter(kept)).rsplit("/", 1)[0]
    event, _ = folder.split("/")
    nobodys = [
        f"{uuid.uuid4()}/{'a' * 64}/thumbnail.jpg",
        f"{event}/{'0' * 64}/thumbnail.jpg",
        f"{event}/{'f' * 64}/{uuid.uuid4()}.jpg",
        f"{folder}/{uuid.uuid4()}.jpg",
        f"{event}/odd.jpg",
        "odd/odd.jpg",
    ]
    for name in nobodys:
        world.pictures.upload_blob(name, b"x")
    world.services.settings.__dict__["sweep_grace_seconds"] = 3_600
    sweep(world.services)
    # Somebody may be about to finish the photos they are of; of an event that is not there nobody is.
    assert stored(world).keys() == {*kept, *nobodys[1:5]}
    world.services.settings.__dict__["sweep_grace_seconds"] = 0
    sweep(world.services)
    assert stored(world) == kept


def test_many_pictures_are_compared_page_by_page(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for take in range(12):
        dropped(world, photo("anna", "ben", "cara", take=take), f"wedding/{take}")
    before = stored(world)
    assert len(before) == 48
    lost = sorted(before)[3:40:7]
    for size in (1, 3, 4, 7, 48, 100):
        monkeypatch.setattr("kanta_core.storage.blobs._LISTING_PAGE", size)
        for name in lost:
            world.pictures.delete_blob(name)
            world.pictures.upload_blob(name.replace(".jpg", ".old.jpg"), b"x")
        sweep(world.services)
        folders = {name.split("/")[1] for name in lost}
        again = world.query("SELECT encode(sha256, 'hex') FROM images WHERE encode_again")
        assert {folder for (folder,) in again} == folders, size
        world.work()
        assert stored(world).keys() == before.keys(), size


def test_a_sweep_gets_to_as_many_events_as_there_is_time_for_and_to_all_in_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kanta_core.pipeline.photos.lost_pictures._PAGES", 2)
    for number in range(5):
        world.create(f"event-{number}")
        dropped(world, photo("anna", take=number), f"event-{number}/a")
    for name in stored(world):
        world.pictures.delete_blob(name)
    sweep(world.services)
    assert world.query("SELECT count(*) FROM images WHERE encode_again") == [(2,)]
    for _ in range(200):
        sweep(world.services)
        if world.query("SELECT count(*) FROM images WHERE encode_again") == [(5,)]:
            return
    pytest.fail("an event was never looked at")


def test_a_picture_that_a_listing_leaves_out_is_not_lost(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, BOTH, A)
    before = world.rows()
    pages = Blobs.pages

    def no_pictures(blobs: Blobs, **kwargs: Any) -> Iterator[list[Blob]]:  # noqa: ANN401 - as they came
        return iter([[]]) if kwargs.get("container") == PICTURES else pages(blobs, **kwargs)

    monkeypatch.setattr(Blobs, "pages", no_pictures)
    sweep(world.services)
    assert world.rows() == before
