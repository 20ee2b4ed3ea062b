"""Uploads: the same bytes are one image, and a 2xx means that the photo is here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kanta_core.errors import EmptyImage, EventNotFound, ImageTooLarge, UnsupportedImage
from kanta_core.pipeline.photos.upload import upload
from kanta_core.pipeline.sweep import sweep
from kanta_core.services import Services
from kanta_core.storage.blobs import Blobs
from tests.pipeline import truth
from tests.pipeline.stories import png
from tests.pipeline.world import World


def test_the_same_bytes_again_are_the_same_image_in_whatever_state(world: World, wedding: str) -> None:
    first = upload(world.services, wedding, png(), file_name="a.png")
    assert first.new
    for _ in range(2):
        again = upload(world.services, wedding, png(), file_name="b.png")
        assert (again.new, again.image.id) == (False, first.image.id)
        world.deliver(first.image.blob_name)
    assert world.states(wedding) == {"a.png": "encoded"}


def test_bytes_that_were_dropped_are_not_stored_again(world: World, wedding: str) -> None:
    world.drop("wedding/a", png())
    world.deliver("wedding/a")
    again = upload(world.services, wedding, png(), file_name="b.png")
    assert (again.new, again.image.blob_name) == (False, "wedding/a")
    assert world.blobs() == ["wedding/a"]


def test_a_drop_of_uploaded_bytes_is_their_duplicate(world: World, wedding: str) -> None:
    image = upload(world.services, wedding, png(), file_name="a.png").image
    world.drop("wedding/b", png())
    world.deliver("wedding/b")
    assert world.image("wedding/b").duplicate_of == image.id
    world.settle()
    truth.check(world)


def test_a_crowd_that_uploads_the_same_photo_makes_one_image_of_it(world: World, wedding: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: upload(world.services, wedding, png(), file_name="a.png"), range(16)))
    assert [uploaded.new for uploaded in found].count(True) == 1
    assert len({uploaded.image.id for uploaded in found}) == 1
    assert len(world.blobs()) == 1


@pytest.mark.parametrize("then", ["the same upload", "the sweep"])
def test_an_upload_cut_off_before_its_blob_is_completed_or_forgotten(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch, then: str
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Blobs, "write", killed)
        with pytest.raises(SystemExit):
            upload(world.services, wedding, png(), file_name="a.png")
    assert world.states(wedding) == {"a.png": "pending"}

    if then == "the sweep":
        sweep(world.services)
        assert world.images(wedding) == []
        assert upload(world.services, wedding, png(), file_name="a.png").new
    else:
        assert not upload(world.services, wedding, png(), file_name="a.png").new
    world.settle()
    assert world.states(wedding) == {"a.png": "encoded"}
    truth.check(world)


def test_an_upload_is_given_time_to_arrive_before_the_sweep_takes_it_for_lost(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.services.settings.__dict__["sweep_grace_seconds"] = 60
    write = Blobs.write

    def sweep_first(*args: object, **kwargs: object) -> None:
        monkeypatch.undo()
        sweep(world.services)
        write(*args, **kwargs)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr(Blobs, "write", sweep_first)
    image = upload(world.services, wedding, png(), file_name="a.png").image
    assert world.image(image.blob_name).id == image.id


def test_an_upload_of_bytes_whose_blob_somebody_deleted_is_a_new_photo(world: World, wedding: str) -> None:
    first = upload(world.services, wedding, png(), file_name="a.png").image
    world.deliver(first.blob_name)
    world.vanish(first.blob_name)
    again = upload(world.services, wedding, png(), file_name="b.png")
    assert again.new
    world.settle()
    assert world.states(wedding) == {"b.png": "encoded"}
    truth.check(world)


def test_an_upload_of_bytes_whose_blob_somebody_overwrote_is_a_new_photo(world: World, wedding: str) -> None:
    first = upload(world.services, wedding, png(), file_name="a.png").image
    world.deliver(first.blob_name)
    world.drop(first.blob_name, png(1))
    again = upload(world.services, wedding, png(), file_name="b.png")
    assert (again.new, again.image.id == first.id) == (True, False)
    world.settle()
    assert world.states(wedding) == {"a.png": "encoded", "b.png": "encoded"}
    assert len({image.sha256 for image in world.images(wedding)}) == 2
    truth.check(world)


def test_an_upload_of_bytes_that_somebody_wrote_over_themselves_is_the_same_photo(
    world: World, wedding: str
) -> None:
    first = upload(world.services, wedding, png(), file_name="a.png").image
    world.deliver(first.blob_name)
    etag = world.drop(first.blob_name, png())
    again = upload(world.services, wedding, png(), file_name="b.png")
    assert (again.new, again.image.id, again.image.etag) == (False, first.id, etag)
    world.settle()
    assert world.states(wedding) == {"a.png": "encoded"}
    truth.check(world)


@pytest.mark.parametrize(
    ("data", "code", "error"),
    [
        (png(), "nowhere", EventNotFound),
        (b"", "wedding", EmptyImage),
        (b"no image", "wedding", UnsupportedImage),
        (png() * 2_000, "wedding", ImageTooLarge),
    ],
    ids=["no event", "nothing", "no photo", "too large"],
)
def test_a_refused_upload_has_stored_nothing(
    world: World, wedding: str, data: bytes, code: str, error: type[Exception]
) -> None:
    world.services.settings.__dict__["max_upload_bytes"] = 100_000
    before = world.rows()
    with pytest.raises(error):
        upload(world.services, code, data, file_name="a.png")
    assert world.rows() == before
    assert world.blobs() == []


@pytest.mark.parametrize(
    ("file_name", "shown"),
    [
        ("Zoë & Ben.jpg", "Zoë & Ben.jpg"),
        ("C:\\photos\\a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\0b\nc\ud800.jpg", "abc.jpg"),
        ("x" * 300, "x" * 255),
    ],
)
def test_people_know_an_upload_by_its_files_name(world: World, wedding: str, file_name: str, shown: str) -> None:
    assert upload(world.services, wedding, png(), file_name=file_name).image.name == shown


@pytest.mark.parametrize("file_name", [None, "", "photos/", "\n"])
def test_an_upload_without_a_name_is_known_by_its_id(world: World, wedding: str, file_name: str | None) -> None:
    image = upload(world.services, wedding, png(), file_name=file_name).image
    assert image.name == f"{image.id}.png"


def test_the_seed_run_twice_leaves_the_same_rows(services: Services, world: World, sample_photos: Path) -> None:
    # With the real encoder: every photo uploaded, encoded and grouped, then all of it once more.
    world.services._encoder = services._encoder
    world.create("seeded")

    def seed() -> None:
        for path in sorted(sample_photos.iterdir()):
            upload(services, "seeded", path.read_bytes(), file_name=path.name)
        world.settle()

    seed()
    before = world.rows()
    assert {*world.states("seeded").values()} == {"encoded"}
    assert len(before["people"]) >= 2
    seed()
    assert world.rows() == before
