"""The same bytes several times in one event: one image holds them, and there is always one that does."""

from __future__ import annotations

import pytest

from kanta_core.pipeline.photos.encode import encode
from kanta_core.storage.names import ENCODE_QUEUE
from tests.pipeline import truth
from tests.pipeline.scripted import BROKEN, CRASHING, photo
from tests.pipeline.stories import dropped
from tests.pipeline.world import World

ANNA, BEN = photo("anna"), photo("ben")
A, B, C = "wedding/a", "wedding/b", "wedding/c"


def faces(world: World) -> list[tuple[str, str]]:
    """Each face's lasting name, and its image."""
    return world.query("SELECT f.id::text, i.name FROM faces f JOIN images i ON i.id = f.image_id ORDER BY 1")


def holders(world: World) -> dict[str, str]:
    """The holder of each duplicate."""
    return dict(world.query("SELECT i.name, h.name FROM images i JOIN images h ON h.id = i.duplicate_of"))


def test_a_repeated_drop_is_a_duplicate_with_a_row_of_its_own(world: World, wedding: str) -> None:
    dropped(world, ANNA, A, B)
    assert world.states(wedding) == {"a": "encoded", "b": "duplicate"}
    duplicate = world.image(B)
    assert duplicate.duplicate_of == world.image(A).id
    assert duplicate.status_reason == "The same bytes are in the event already."
    assert (duplicate.width, duplicate.height, duplicate.faces) == (640, 480, 0)
    assert world.encoder.seen == [ANNA]


def test_a_duplicate_of_a_pending_photo_learns_its_size_once_that_is_encoded(world: World, wedding: str) -> None:
    world.drop(A, ANNA)
    with world.encoding(A, ANNA):
        dropped(world, ANNA, B)
        assert world.image(B).width is None
    assert (world.image(B).width, world.image(B).file_extension) == (640, "jpg")


def test_the_same_bytes_in_another_event_are_another_photo(world: World, wedding: str) -> None:
    world.create("party")
    dropped(world, ANNA, A, "party/a")
    assert (world.states(wedding), world.states("party")) == ({"a": "encoded"}, {"a": "encoded"})
    assert len({face for face, _ in faces(world)}) == 2


@pytest.mark.parametrize("how", ["vanishes", "is overwritten", "is overwritten by nothing"])
def test_when_the_holder_goes_its_oldest_duplicate_inherits_the_very_same_faces(
    world: World, wedding: str, how: str
) -> None:
    dropped(world, ANNA, A, B, C)
    (before,) = faces(world)
    revision = world.query("SELECT faces_revision FROM events")
    if how == "vanishes":
        world.vanish(A)
    else:
        world.drop(A, b"" if "nothing" in how else photo())
    world.deliver(A)

    assert faces(world) == [(before[0], "b")]
    assert holders(world) == {"c": "b"}
    assert (world.image(B).status, world.image(B).faces, world.image(B).width) == ("encoded", 1, 640)
    # Nobody's face changed, so there is nothing to group anew.
    assert world.query("SELECT faces_revision FROM events") == revision
    assert world.encoder.seen.count(ANNA) == 1


@pytest.mark.parametrize(("data", "status"), [(BROKEN, "rejected"), (CRASHING, "failed")])
def test_the_heir_of_a_photo_that_did_not_make_it_did_not_make_it_either(
    world: World, wedding: str, data: bytes, status: str
) -> None:
    dropped(world, data, A, B)
    reason = world.image(A).status_reason
    world.vanish(A)
    world.deliver(A)
    assert (world.image(B).status, world.image(B).status_reason) == (status, reason)


def test_the_heir_of_a_pending_photo_is_encoded_in_its_place(world: World, wedding: str) -> None:
    world.drop(A, ANNA)
    with world.encoding(A, ANNA):
        dropped(world, ANNA, B)
        world.vanish(A)
        world.deliver(A)
        assert world.states(wedding) == {"b": "pending"}
        assert world.received(ENCODE_QUEUE) == [{"blob_name": B}]
        world.deliver(B)
    # The late result of the photo that is gone changed nothing.
    assert world.states(wedding) == {"b": "encoded"}
    assert [name for _, name in faces(world)] == ["b"]


def test_without_an_heir_the_faces_go_and_the_people_are_to_be_made_anew(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    dropped(world, BEN, B)
    world.settle()
    world.vanish(A)
    world.deliver(A)
    assert [name for _, name in faces(world)] == ["b"]
    event = world.event(wedding)
    assert event is not None
    assert not event.people_current


def test_a_photo_overwritten_by_known_bytes_becomes_their_duplicate(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    dropped(world, BEN, B)
    dropped(world, ANNA, B)
    assert world.states(wedding) == {"a": "encoded", "b": "duplicate"}
    dropped(world, BEN, B)
    assert world.states(wedding) == {"a": "encoded", "b": "encoded"}
    world.settle()
    truth.check(world)


def test_a_holder_that_is_overwritten_with_the_same_picture_keeps_its_heirs_faces_apart(
    world: World, wedding: str
) -> None:
    # Another file of the same picture: the faces lie in the same places.
    dropped(world, ANNA, A, B)
    dropped(world, photo("anna", take=2), A)
    assert world.states(wedding) == {"a": "encoded", "b": "encoded"}
    assert sorted(name for _, name in faces(world)) == ["a", "b"]


def test_a_photo_that_comes_and_goes_keeps_its_faces_names(world: World, wedding: str) -> None:
    dropped(world, ANNA, A)
    before = faces(world)
    dropped(world, BEN, A)
    dropped(world, ANNA, A)
    assert faces(world) == before


def test_duplicates_that_swap_their_bytes_end_with_a_holder_each(world: World, wedding: str) -> None:
    dropped(world, ANNA, A, B)
    world.drop(A, BEN)
    world.drop(B, BEN)
    world.drop(C, ANNA)
    for name in (B, C, A):
        encode(world.services, name)
    world.settle()
    truth.check(world)
    assert sorted(world.states(wedding).values()) == ["duplicate", "encoded", "encoded"]
