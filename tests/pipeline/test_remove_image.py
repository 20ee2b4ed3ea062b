"""Removing an image removes all of its bytes from the event, and nothing removed comes back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kanta_core.database import erasure
from kanta_core.errors import BlobChanged, EventNotFound, ImageNotFound, StorageUnavailable
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.pipeline.photos.upload import upload
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.blobs import Blobs
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.stories import dropped, png
from tests.pipeline.world import World

ANNA, BEN = photo("anna"), photo("ben")
A, B, C = "wedding/a", "wedding/b", "wedding/c"


def remove(world: World, name: str) -> None:
    remove_image(world.services, "wedding", world.image(name).id)


def a_second_passes(world: World) -> None:
    """Storage tells the time by the second: what is written after this was written after the removal."""
    world.query("UPDATE erased_images SET erased_at = erased_at - interval '1 second' RETURNING 1")


def nothing_is_left(world: World) -> bool:
    gone = ("images", "faces", "drops", "doomed_blobs")
    return not world.blobs() and not any(world.rows()[table] for table in gone)


@pytest.mark.parametrize("which", [A, B, C], ids=["the holder", "a duplicate", "the last duplicate"])
def test_removing_one_of_several_removes_them_all(world: World, wedding: str, which: str) -> None:
    dropped(world, ANNA, A, B, C)
    dropped(world, BEN, "wedding/ben")
    remove(world, which)
    assert world.states(wedding) == {"ben": "encoded"}
    assert world.blobs() == ["wedding/ben"]
    event = world.event(wedding)
    assert event is not None
    assert not event.people_current
    world.settle()
    truth.check(world)


def test_a_drop_that_nobody_has_read_is_removed_with_the_others_of_its_bytes(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    world.drop(B, ANNA)
    world.services.queues.send = lambda *_: None  # type: ignore[method-assign]  # nobody is told
    sweep(world.services)
    assert world.states(wedding) == {"a": "encoded", "b": "pending"}
    remove(world, B)
    assert nothing_is_left(world)


def test_an_upload_that_nobody_has_encoded_is_removed(world: World, wedding: str) -> None:
    image = upload(world.services, wedding, png(), file_name=None).image
    remove_image(world.services, wedding, image.id)
    assert nothing_is_left(world)


def test_a_photo_that_is_being_encoded_is_removed_and_stays_so(world: World, wedding: str) -> None:
    world.drop(A, ANNA)
    with world.encoding(A, ANNA):
        remove(world, A)
    assert nothing_is_left(world)


def test_a_drop_from_before_the_removal_that_is_delivered_after_it_goes_too(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    world.drop(B, ANNA)
    remove(world, A)
    world.query("UPDATE erased_images SET erased_at = erased_at + interval '1 second' RETURNING 1")
    world.deliver(B)
    assert nothing_is_left(world)


def test_a_photo_overwritten_by_bytes_that_are_removed_goes_and_leaves_its_own_to_its_heir(
    world: World, wedding: str
) -> None:
    dropped(world, ANNA, A)
    dropped(world, BEN, B, C)
    world.drop(B, ANNA)
    remove(world, A)
    world.query("UPDATE erased_images SET erased_at = erased_at + interval '1 second' RETURNING 1")
    world.deliver(B)
    assert world.states(wedding) == {"c": "encoded"}
    assert world.blobs() == [C]
    world.settle()
    truth.check(world)


def test_the_same_bytes_may_be_dropped_again_after_their_removal(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    remove(world, A)
    a_second_passes(world)
    dropped(world, ANNA, A)
    assert world.states(wedding) == {"a": "encoded"}
    before = world.rows()
    world.deliver(A)
    sweep(world.services)
    assert world.rows() == before


def test_the_same_bytes_may_be_uploaded_again_at_once(world: World, wedding: str) -> None:
    first = upload(world.services, wedding, png(), file_name="a.png").image
    remove_image(world.services, wedding, first.id)
    again = upload(world.services, wedding, png(), file_name="a.png")
    assert again.new
    assert again.image.id != first.id
    world.settle()
    assert world.states(wedding) == {"a.png": "encoded"}


def test_a_drop_from_before_the_removal_stays_away_although_its_bytes_were_uploaded_again(
    world: World, wedding: str
) -> None:
    dropped(world, png(), A)
    world.drop(B, png())
    remove(world, A)
    world.query("UPDATE erased_images SET erased_at = erased_at + interval '1 second' RETURNING 1")
    upload(world.services, wedding, png(), file_name="again.png")
    world.settle()
    assert world.states(wedding) == {"again.png": "encoded"}


def test_other_bytes_under_the_name_of_a_removed_photo_are_another_photo(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    remove(world, A)
    dropped(world, BEN, A)
    assert world.states(wedding) == {"a": "encoded"}


def test_a_version_that_nobody_has_seen_is_not_removed_with_the_one_before(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    world.drop(A, BEN)
    remove(world, A)
    assert world.blobs() == [A]
    world.deliver(A)
    assert world.states(wedding) == {"a": "encoded"}


def test_a_delivery_under_way_does_not_lose_the_version_that_came_after_the_removal(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, ANNA, A)
    world.drop(A, BEN)
    read = Blobs.read

    def read_and_lose(blobs: Blobs, name: str, *, at_most: int) -> object:
        found = read(blobs, name, at_most=at_most)
        monkeypatch.undo()
        remove(world, A)
        return found

    monkeypatch.setattr(Blobs, "read", read_and_lose)
    with pytest.raises(BlobChanged):
        encode(world.services, A)
    world.deliver(A)
    assert world.states(wedding) == {"a": "encoded"}


@pytest.mark.parametrize("finish", ["the sweep", "a delivery"])
def test_a_removal_that_storage_cut_off_is_finished_without_the_photo_being_seen_again(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch, finish: str
) -> None:
    dropped(world, ANNA, A)

    def down(*_: object, **__: object) -> bool:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "delete", down)
        with pytest.raises(StorageUnavailable):
            remove(world, A)
    assert world.images(wedding) == []
    assert world.blobs() == [A]

    if finish == "the sweep":
        sweep(world.services)
    else:
        monkeypatch.setattr("kanta_core.database.arrivals.register", None)
        world.deliver(A)
    assert nothing_is_left(world)


def test_an_upload_whose_photo_was_removed_on_its_way_leaves_nothing_however_late_it_arrives(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[tuple[str, bytes]] = []

    def write_later(_: Blobs, __: str, name: str, data: bytes, **___: object) -> None:
        written.append((name, data))
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "write", write_later)
        with pytest.raises(SystemExit):
            upload(world.services, wedding, png(), file_name="a.png")
    (pending,) = world.images(wedding)
    remove_image(world.services, wedding, pending.id)
    ((name, data),) = written
    world.drop(name, data)

    world.deliver(name)
    assert nothing_is_left(world)


def test_what_waited_for_an_upload_that_never_came_is_forgotten_after_an_hour(world: World, wedding: str) -> None:
    with world.services.database.transaction() as connection:
        erasure.doom(connection, [("wedding/never.png", None)])
    sweep(world.services)
    assert len(world.rows()["doomed_blobs"]) == 1
    world.query(
        "UPDATE doomed_blobs SET doomed_at = doomed_at - %(hour)s RETURNING 1", {"hour": timedelta(hours=1)}
    )
    sweep(world.services)
    assert nothing_is_left(world)


def test_an_image_of_another_event_or_of_none_is_not_found(world: World, wedding: str) -> None:
    world.create("party")
    dropped(world, ANNA, A)
    image_id = world.image(A).id
    with pytest.raises(ImageNotFound):
        remove_image(world.services, "party", image_id)
    with pytest.raises(EventNotFound):
        remove_image(world.services, "nowhere", image_id)
    remove_image(world.services, wedding, image_id)
    with pytest.raises(ImageNotFound):
        remove_image(world.services, wedding, image_id)
