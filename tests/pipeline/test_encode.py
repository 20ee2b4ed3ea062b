"""One photo's way: the states it goes through, what readers see of them, and that each is final."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from kanta_core.database import faces
from kanta_core.domain.records import StoredFace
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.retry import give_up
from tests.pipeline.scripted import BROKEN, CRASHING, photo
from tests.pipeline.world import World

ANNA, BOTH = photo("anna"), photo("anna", "ben")


def seen(world: World, blob_name: str) -> tuple[str, int, list[StoredFace]]:
    image = world.image(blob_name)
    with world.services.database.transaction() as connection:
        return str(image.status), image.faces, faces.of_image(connection, image.event_id, image.id)


def test_a_photo_is_pending_until_all_of_its_faces_are_there(world: World, wedding: str) -> None:
    world.drop("wedding/a.jpg", BOTH)
    with world.encoding("wedding/a.jpg", BOTH):
        assert seen(world, "wedding/a.jpg") == ("pending", 0, [])
        event = world.event(wedding)
        assert event is not None
        assert event.pending == 1

    status, count, found = seen(world, "wedding/a.jpg")
    assert (status, count, [face.box.x for face in found]) == ("encoded", 2, [0, 100])
    image = world.image("wedding/a.jpg")
    assert (image.width, image.height, image.file_extension, image.name) == (640, 480, "jpg", "a.jpg")


FINAL = {
    "encoded": (ANNA, "encoded", None),
    "without a face": (photo(), "encoded", None),
    "broken": (BROKEN, "rejected", "The photo is damaged or cut off and can't be read."),
    "empty": (b"", "rejected", "The file is empty."),
    "given up": (CRASHING, "failed", "Encoding stopped with an error of its own."),
}


@pytest.mark.parametrize(("data", "status", "reason"), FINAL.values(), ids=FINAL.keys())
def test_a_final_state_says_why_and_no_delivery_changes_it(
    world: World, wedding: str, data: bytes, status: str, reason: str | None
) -> None:
    world.drop("wedding/a.jpg", data)
    world.deliver("wedding/a.jpg")
    image = world.image("wedding/a.jpg")
    assert (image.status, image.status_reason) == (status, reason)
    before, encoded = world.rows(), len(world.encoder.seen)

    for _ in range(2):
        world.deliver("wedding/a.jpg")
        give_up(world.services, "wedding/a.jpg")
        give_up(world.services, "wedding/a.jpg", etag=f'"{image.etag}"')
    assert world.rows() == before
    assert len(world.encoder.seen) == encoded


def test_a_photo_larger_than_kanta_takes_is_rejected_unread(world: World, wedding: str) -> None:
    world.services.settings.__dict__["max_upload_bytes"] = 4
    world.drop("wedding/a.jpg", ANNA)
    world.deliver("wedding/a.jpg")
    image = world.image("wedding/a.jpg")
    assert (image.status, image.status_reason) == ("rejected", "The file is larger than Kanta takes.")
    assert (image.size, image.sha256, world.encoder.seen) == (len(ANNA), None, [])
    before = world.rows()
    world.deliver("wedding/a.jpg")
    assert world.rows() == before


def test_empty_files_are_no_duplicates_of_each_other(world: World, wedding: str) -> None:
    for name in ("wedding/a", "wedding/b"):
        world.drop(name, b"")
        world.deliver(name)
    assert world.states(wedding) == {"a": "rejected", "b": "rejected"}


def test_two_deliveries_at_once_leave_one_image_and_its_faces_once(world: World, wedding: str) -> None:
    world.drop("wedding/a.jpg", BOTH)
    with world.encoding("wedding/a.jpg", BOTH):
        image = world.image("wedding/a.jpg")
        with closing(world.worker()) as second, ThreadPoolExecutor(1) as thread:
            thread.submit(encode, second, "wedding/a.jpg").result(20)
        assert seen(world, "wedding/a.jpg")[:2] == ("encoded", 2)
        before = world.rows()
    assert world.rows() == before
    assert world.image("wedding/a.jpg").id == image.id


def test_a_photo_that_succeeds_after_it_was_given_up_is_encoded(world: World, wedding: str) -> None:
    world.drop("wedding/a.jpg", ANNA)
    with world.encoding("wedding/a.jpg", ANNA):
        give_up(world.services, "wedding/a.jpg")
        assert world.states(wedding) == {"a.jpg": "failed"}
    assert seen(world, "wedding/a.jpg")[:2] == ("encoded", 1)
    assert world.image("wedding/a.jpg").status_reason is None


def test_a_failed_try_is_noted_and_forgotten_once_another_succeeds(world: World, wedding: str) -> None:
    world.drop("wedding/a.jpg", ANNA)
    world.encoder.failing = True
    with pytest.raises(RuntimeError):
        encode(world.services, "wedding/a.jpg")
    assert world.states(wedding) == {"a.jpg": "pending"}
    assert world.query("SELECT last_error FROM images") == [("Encoding stopped with an error of its own.",)]

    world.encoder.failing = False
    encode(world.services, "wedding/a.jpg")
    assert world.query("SELECT status::text, last_error FROM images") == [("encoded", None)]


def test_a_blob_that_is_rewritten_once_it_is_read_ends_as_what_it_is_now(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("wedding/a.jpg", ANNA)
    read = world.services.blobs.read

    def read_and_lose(name: str, *, at_most: int) -> object:
        found = read(name, at_most=at_most)
        world.drop(name, BOTH)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(world.services.blobs, "read", read_and_lose)
        encode(world.services, "wedding/a.jpg")
    world.deliver("wedding/a.jpg")
    assert seen(world, "wedding/a.jpg")[:2] == ("encoded", 2)


@pytest.mark.parametrize("name", ["wedding/.DS_Store", "wedding/x/Thumbs.db", ".DS_Store", "wedding/folder/"])
def test_litter_is_ignored(world: World, wedding: str, name: str) -> None:
    before = world.rows()
    world.drop(name, ANNA)
    world.settle()
    assert world.rows() == before


@pytest.mark.parametrize("name", ["wedding/evening", "wedding", "party", "party/evening"])
def test_folder_markers_are_ignored(world: World, wedding: str, name: str) -> None:
    before = world.rows()
    world.photos.upload_blob(name, b"", metadata={"Hdi_isfolder": "true"})
    world.settle()
    assert world.rows() == before


def test_photos_in_folders_and_under_odd_names_are_the_events(world: World, wedding: str) -> None:
    names = ["Evening/Dance floor/IMG 1.JPG", "100% #1?.jpg", "日本🎉.jpg", "no extension", "a..b", "/x"]
    for take, name in enumerate(names):
        blob_name = f"{('wedding', 'Wedding', 'WEDDING')[take % 3]}/{name}"
        world.drop(blob_name, photo("anna", take=take))
        world.deliver(blob_name)
    assert world.states(wedding) == dict.fromkeys(names, "encoded")
