"""Removing an event removes everything in it, however often it is cut off, and its code can be used again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from kanta_core.errors import EventNotFound, StorageUnavailable, UploadOvertaken
from kanta_core.pipeline.gather import change_event, set_event_image
from kanta_core.pipeline.photos.remove import finish_removal, remove_event
from kanta_core.pipeline.photos.upload import upload
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.names import EVENT_IMAGES
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.stories import png
from tests.pipeline.world import World

ANNA, BEN = photo("anna"), photo("ben")


def dropped(world: World, data: bytes, *names: str) -> None:
    for name in names:
        world.drop(name, data)
        world.deliver(name)


def nothing_is_left(world: World) -> bool:
    tables = {table: rows for table, rows in world.rows().items() if table != "schema_migrations"}
    pictures = [b for page in world.services.blobs.pages(container=EVENT_IMAGES) for b in page]
    return not world.blobs() and not pictures and not any(tables.values())


def test_everything_goes_whatever_code_and_case_it_was_dropped_under(world: World, wedding: str) -> None:
    change_event(world.services, wedding, {}, new_code="gala")
    dropped(world, ANNA, "wedding/a", "Wedding/b", "WEDDING/evening/c", "gala/d", "GALA/e", "gala/.DS_Store")
    world.drop("gala/unread", BEN)
    world.photos.upload_blob("gala/folder", b"", metadata={"hdi_isfolder": "true"})
    set_event_image(world.services, wedding, png(1))
    set_event_image(world.services, wedding, png(2))
    world.deliver(upload(world.services, "gala", png(3), file_name=None).image.blob_name)
    remove_event(world.services, "gala")
    assert nothing_is_left(world)


def test_other_events_keep_everything(world: World, wedding: str) -> None:
    others = ["wedding-2", "wedding2", "wed", "my-wedding"]
    for code in others:
        world.create(code)
        dropped(world, ANNA, f"{code}/a")
        set_event_image(world.services, code, png())
    world.drop("unborn/a", ANNA)
    world.deliver("unborn/a")
    dropped(world, ANNA, "wedding/a")
    before = world.blobs()
    remove_event(world.services, wedding)
    assert world.blobs() == [name for name in before if name != "wedding/a"]
    assert [world.states(code) for code in others] == [{"a": "encoded"}] * 4
    world.settle()
    truth.check(world)


def test_a_late_delivery_brings_nothing_back_although_the_code_is_used_again(world: World, wedding: str) -> None:
    dropped(world, ANNA, "wedding/a")
    remove_event(world.services, wedding)
    world.deliver("wedding/a")
    assert nothing_is_left(world)

    world.create(wedding)
    world.deliver("wedding/a")
    assert world.images(wedding) == []
    dropped(world, ANNA, "wedding/a")
    assert world.states(wedding) == {"a": "encoded"}


def test_a_photo_that_is_being_encoded_goes_with_its_event(world: World, wedding: str) -> None:
    world.drop("wedding/a", ANNA)
    with world.encoding("wedding/a", ANNA):
        remove_event(world.services, wedding)
    assert nothing_is_left(world)


def test_removal_by_any_of_its_codes_or_twice(world: World, wedding: str) -> None:
    change_event(world.services, wedding, {}, new_code="gala")
    remove_event(world.services, "wedding")
    for code in ("wedding", "gala"):
        with pytest.raises(EventNotFound):
            remove_event(world.services, code)
        world.create(code)


@pytest.mark.parametrize("finish", ["the sweep", "another removal", "the next event", "another event's new code"])
def test_a_removal_that_storage_cut_off_is_hidden_at_once_and_finished_later(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch, finish: str
) -> None:
    dropped(world, ANNA, "wedding/a", "wedding/b")

    def down(*_: object, **__: object) -> bool:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "delete", down)
        with pytest.raises(StorageUnavailable):
            remove_event(world.services, wedding)
    assert world.event(wedding) is None
    assert world.images(wedding) == []

    if finish == "the sweep":
        sweep(world.services)
    elif finish == "another removal":
        remove_event(world.services, wedding)
    elif finish == "the next event":
        world.create(wedding)
    else:
        world.create("gala")
        change_event(world.services, "gala", {}, new_code=wedding)
    assert world.blobs() == []
    assert world.images(wedding) == []
    with pytest.raises(EventNotFound):
        remove_event(world.services, "nowhere")


def test_a_slow_removal_never_touches_the_next_event_of_its_code(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Somebody is still at deleting the old event's blobs when the code is wanted again.
    dropped(world, ANNA, "wedding/a", "wedding/b")
    deleting, go_on = threading.Event(), threading.Event()
    delete_all = Blobs.delete_all

    def slowly(blobs: Blobs, versions: object, **options: str) -> int:
        if not deleting.is_set():
            deleting.set()
            assert go_on.wait(20)
        return delete_all(blobs, versions, **options)  # type: ignore[arg-type]  # they are Blobs

    monkeypatch.setattr(Blobs, "delete_all", slowly)
    with closing(world.worker()) as remover, ThreadPoolExecutor(2) as threads:
        removal = threads.submit(remove_event, remover, wedding)
        assert deleting.wait(20)
        creation = threads.submit(world.create, wedding)
        # The new event waits for the old one to be gone.
        _wait_for_lock(world)
        assert not creation.done()
        go_on.set()
        removal.result(20)
        creation.result(20)
    dropped(world, ANNA, "wedding/a")
    assert world.states(wedding) == {"a": "encoded"}


def test_an_upload_overtaken_by_the_removal_of_its_event_leaves_nothing(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Blobs.write

    def remove_first(*args: object, **kwargs: object) -> None:
        monkeypatch.undo()
        remove_event(world.services, wedding)
        write(*args, **kwargs)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Blobs, "write", remove_first)
    with pytest.raises(EventNotFound):
        upload(world.services, wedding, png(), file_name=None)
    assert world.blobs() == []
    assert world.rows()["images"] == []


@pytest.mark.parametrize("then", ["no more of it", "its code is used again"])
def test_an_upload_that_arrives_after_its_event_was_removed_leaves_nothing_although_nobody_is_there_to_see(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    late: list[str] = []

    def never(_: Blobs, __: str, name: str, *___: object, **____: object) -> None:
        late.append(name)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "write", never)
        with pytest.raises(SystemExit):
            upload(world.services, wedding, png(), file_name=None)
    remove_event(world.services, wedding)
    if then == "its code is used again":
        world.create(wedding)
    world.drop(late[0], png())
    world.settle()
    assert world.blobs() == []
    assert world.images(wedding) == []
    assert world.rows()["drops"] == []


def test_an_upload_whose_row_the_sweep_took_for_lost_asks_to_be_sent_again(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Blobs.write

    def sweep_first(*args: object, **kwargs: object) -> None:
        monkeypatch.undo()
        sweep(world.services)
        write(*args, **kwargs)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Blobs, "write", sweep_first)
    with pytest.raises(UploadOvertaken):
        upload(world.services, wedding, png(), file_name=None)
    assert world.blobs() == []
    assert upload(world.services, wedding, png(), file_name=None).new


def test_what_is_dropped_while_the_event_is_removed_goes_with_it(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, ANNA, "wedding/a")
    delete_all = Blobs.delete_all

    def drop_more(blobs: Blobs, versions: object, **options: str) -> int:
        deleted = delete_all(blobs, versions, **options)  # type: ignore[arg-type]  # they are Blobs
        if not late:
            late.append("Wedding/late")
            dropped(world, ANNA, *late)
        return deleted

    late: list[str] = []
    monkeypatch.setattr(Blobs, "delete_all", drop_more)
    remove_event(world.services, wedding)
    assert late
    assert nothing_is_left(world)


def test_removing_what_is_gone_already_is_nothing(world: World, wedding: str) -> None:
    event = world.event(wedding)
    assert event is not None
    remove_event(world.services, wedding)
    finish_removal(world.services, event.id)
    assert nothing_is_left(world)


def _wait_for_lock(world: World) -> None:
    world.wait_for("SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
