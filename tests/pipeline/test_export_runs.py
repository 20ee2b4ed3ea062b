"""An export while it is written: in parts, twice, cut off anywhere, of an event that goes meanwhile."""

from __future__ import annotations

import tracemalloc
import uuid
from collections.abc import Callable

import pytest

from kanta_core.errors import BlocksLost, StorageUnavailable
from kanta_core.pipeline.exports.requests import give_up_export, sweep_exports
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.photos.remove import remove_event, remove_image
from kanta_core.storage import names
from kanta_core.storage.blobs import Blobs
from tests.pipeline.exporting import (
    CSV,
    JSON,
    PHOTOS,
    ZIP,
    asked,
    content,
    in_storage,
    jpeg,
    of_name,
    state,
    unzipped,
)
from tests.pipeline.scripted import JPEG as START
from tests.pipeline.world import World


def test_a_long_export_is_written_in_parts_and_is_the_same(world: World, album: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    exports = [asked(world, album, kind) for kind in (ZIP, CSV, JSON)]
    parts = 0
    while messages := world.received(names.EXPORT_QUEUE):
        for message in messages:
            # Whatever a worker knew is lost with it.
            write_export(world.services, uuid.UUID(message["export_id"]))
            parts += 1
    # One for each photo, one for each table's page, and each one's end.
    assert parts == 4 + 2 + 2
    in_parts = [content(world, export) for export in exports]
    world.services.settings = world.settings
    at_once = [asked(world, album, kind) for kind in (ZIP, CSV, JSON)]
    world.work()
    assert in_parts == [content(world, export) for export in at_once]
    assert len(unzipped(in_parts[0])) == 3


def test_delivered_twice_it_is_the_same_and_nothing_is_written_again(world: World, album: str) -> None:
    export = asked(world, album, ZIP)
    write_export(world.services, export.id)
    before, etag = world.rows(), in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag
    for _ in range(2):
        write_export(world.services, export.id)
        give_up_export(world.services, export.id)
    assert world.rows() == before
    assert in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag == etag


class Killed(BaseException):
    """What ends a process where it stands."""


def test_killed_anywhere_the_next_delivery_writes_it(
    world: World, album: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call to storage is cut off before it and after it, whole or in parts."""
    cut = 0
    for part_seconds in (240, 0):
        for name in ("read", "stage", "commit"):
            for after in (False, True):
                world.services.settings = world.settings.model_copy(update={"export_part_seconds": part_seconds})
                export = asked(world, album, ZIP)
                world.received(names.EXPORT_QUEUE)
                with monkeypatch.context() as patched:
                    calls = dying(patched, name, after=after)
                    while state(world, export)[0] == "pending" and not calls:
                        try:
                            write_export(world.services, export.id)
                        except Killed:
                            cut += 1
                # The host brings the message again.
                while state(world, export)[0] == "pending":
                    write_export(world.services, export.id)
                assert sorted(unzipped(content(world, export)).values()) == sorted(PHOTOS.values())
                world.received(names.EXPORT_QUEUE)
    assert cut == 12


def dying(patched: pytest.MonkeyPatch, name: str, *, after: bool) -> list[str]:
    """Have the first call end in a kill; the list says whether it did."""
    real = getattr(Blobs, name)
    calls: list[str] = []

    def call(self: Blobs, *given: object, **options: object) -> object:
        if calls:
            return real(self, *given, **options)
        calls.append(name)
        if after:
            real(self, *given, **options)
        raise Killed

    patched.setattr(Blobs, name, call)
    return calls


def test_of_two_who_write_it_at_once_the_later_one_does(
    world: World, album: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(world, album, ZIP)
    real = Blobs.read
    overtaken: list[str] = []

    def slow(self: Blobs, name: str, *, at_most: int) -> object:
        if not overtaken:
            overtaken.append(name)
            write_export(world.worker(), export.id)
            assert state(world, export)[0] == "ready"
            etags.append(in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag)
        return real(self, name, at_most=at_most)

    etags: list[str] = []
    monkeypatch.setattr(Blobs, "read", slow)
    write_export(world.services, export.id)
    assert [in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag] == etags
    assert len(unzipped(content(world, export))) == 3


def test_blocks_that_storage_lost_are_written_anew(world: World, album: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    export = asked(world, album, ZIP)
    write_export(world.services, export.id)
    # What is not in the list is dropped; after a week it is dropped anyway.
    in_storage(world).get_blob_client(export.blob_name).commit_block_list([])
    with pytest.raises(BlocksLost):
        world.work()
    # The host brings the message again.
    write_export(world.services, export.id)
    world.work()
    assert len(unzipped(content(world, export))) == 3


def test_photos_that_go_meanwhile_are_passed_over(world: World, album: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    export = asked(world, album, ZIP)
    write_export(world.services, export.id)
    remove_image(world.services, album, of_name(world, "evening/IMG_1.jpg"))
    # Overwritten, and nobody has looked at it since.
    world.drop("wedding/evening/img_1.JPG", jpeg("cara"))
    world.work()
    assert list(unzipped(content(world, export))) == ["IMG_1.jpg"]
    assert state(world, export) == ("ready", 1, None)


@pytest.mark.parametrize("when", ["before", "while", "at the end"])
def test_an_event_that_is_deleted_meanwhile_ends_it_and_nothing_is_left(
    world: World, album: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    export = asked(world, album, ZIP)
    if when == "before":
        remove_event(world.services, album)
    else:
        name = "read" if when == "while" else "commit"
        real = getattr(Blobs, name)

        def call(self: Blobs, *given: object, **options: object) -> object:
            if world.event(album):
                remove_event(world.services, album)
            return real(self, *given, **options)

        monkeypatch.setattr(Blobs, name, call)
    write_export(world.services, export.id)
    assert list(in_storage(world).list_blob_names()) == []
    assert world.query("SELECT FROM exports") == []


def test_given_up_it_says_why_and_can_be_asked_for_again(
    world: World, album: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise StorageUnavailable("The storage answered 503.")

    export = asked(world, album, ZIP)
    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "commit", down)
        for _ in range(5):
            with pytest.raises(StorageUnavailable):
                write_export(world.services, export.id)
    give_up_export(world.services, export.id)
    assert state(world, export) == ("failed", 3, "The storage answered 503.")
    again = asked(world, album, ZIP)
    assert again.id != export.id
    world.work()
    assert state(world, again)[0] == "ready"
    assert state(world, export)[0] == "failed"


def test_one_whose_message_got_lost_is_queued_again_and_not_before(world: World, album: str) -> None:
    export = asked(world, album, ZIP)
    world.received(names.EXPORT_QUEUE)
    sweep_exports(world.services)
    assert world.received(names.EXPORT_QUEUE) == []
    world.query("UPDATE exports SET queued_at = queued_at - interval '16 min' RETURNING 1")
    for _ in range(2):
        sweep_exports(world.services)
    assert world.received(names.EXPORT_QUEUE) == [{"export_id": str(export.id)}]


def test_memory_stays_what_it_is_however_many_photos_there_are(
    world: World, wedding: str, record_property: Callable[[str, object], None]
) -> None:
    def peak_of(photos: int) -> int:
        """Bytes that writing the ZIP takes at most, with so many photos of a megabyte."""
        for number in range(photos):
            name = f"wedding/{uuid.uuid4()}"
            etag = world.drop(name, START + number.to_bytes(4, "big") * 250_000)
            world.query(
                """INSERT INTO images (event_id, blob_name, name, etag, sha256, status, width, height, encoder)
                   SELECT id, %(name)s, 'IMG.jpg', %(etag)s, sha256(%(name)s::text::bytea), 'encoded', 1, 1, 'x'
                     FROM events RETURNING 1""",
                {"name": name, "etag": etag},
            )
        export = asked(world, wedding, ZIP)
        world.received(names.EXPORT_QUEUE)
        tracemalloc.start()
        try:
            write_export(world.services, export.id)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(unzipped(content(world, export))) == len(world.images(wedding))
        return peak

    few, many = peak_of(12), peak_of(36)
    record_property("figure", f"a ZIP of 12 MB takes {few / 1e6:.1f} MB of memory, one of 48 MB {many / 1e6:.1f}")
    assert many < 1.1 * few
    assert many < 40e6
