"""Drops: blobs wait for their event, are taken in when there is one, and are listed while they are nobody's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from kanta_core.database import arrivals
from kanta_core.database.arrivals import WaitingDrop
from kanta_core.errors import EventCodeTaken, EventNotFound, Invalid, StorageUnavailable
from kanta_core.pipeline.gather import change_event, create_event, set_event_image
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.remove import remove_event
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.names import ENCODE_QUEUE, EVENT_IMAGES, TAKE_IN_QUEUE
from kanta_core.storage.queues import Queues
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.stories import png
from tests.pipeline.world import NO_VALUES, World
from tests.storage.raw import put_photo

ANNA, BEN = photo("anna"), photo("ben")


def listed(world: World) -> list[WaitingDrop]:
    with world.services.database.transaction() as connection:
        return arrivals.list_drops(connection, limit=1_000)


def dropped(world: World, data: bytes, *names: str) -> None:
    for name in names:
        world.drop(name, data)
        world.deliver(name)


def test_drops_without_an_event_are_listed_those_that_wait_first(world: World) -> None:
    dropped(world, ANNA, "loose.jpg", "party/b", "no/a", "party/a")
    assert [(drop.blob_name, drop.code) for drop in listed(world)] == [
        ("party/b", "party"),
        ("party/a", "party"),
        ("loose.jpg", None),
        ("no/a", None),
    ]
    problems = {drop.blob_name: drop.problem for drop in listed(world) if drop.problem}
    assert problems == {
        "loose.jpg": "The name has no event code: put photos under {event_code}/.",
        "no/a": "The first folder of the name is not a valid event code.",
    }


@pytest.mark.parametrize("how", ["a new event", "a new code", "a new event, the queue being down"])
def test_drops_that_waited_are_the_events_photos_from_the_first_moment(
    world: World, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    dropped(world, ANNA, "party/a", "Party/b", "PARTY/evening/c", "parties/d")
    if how == "a new code":
        world.create("wedding")
        change_event(world.services, "wedding", {}, new_code="Party")
    elif how == "a new event":
        world.create("Party")
    else:
        with monkeypatch.context() as patch:
            patch.setattr(Queues, "send", _down)
            world.create("party")
        sweep(world.services)
    assert world.states("party") == dict.fromkeys(["a", "b", "evening/c"], "pending")
    assert [drop.blob_name for drop in listed(world)] == ["parties/d"]

    world.work()
    assert sorted(world.states("party").values()) == ["duplicate", "duplicate", "encoded"]
    world.settle()
    truth.check(world)


def test_a_path_that_leads_elsewhere_is_listed_left_alone_and_in_nobodys_way(
    world: World, storage_connection: str
) -> None:
    name = "party/../wedding/a"
    put_photo(storage_connection, name)
    world.deliver(name)
    world.create("party")
    sweep(world.services)
    (drop,) = listed(world)
    assert (drop.blob_name, drop.code) == (name, None)
    remove_event(world.services, "party")
    sweep(world.services)
    assert world.blobs() == [name]


def test_an_event_goes_on_taking_drops_under_its_former_codes(world: World) -> None:
    world.create("wedding")
    change_event(world.services, "wedding", {}, new_code="gala")
    dropped(world, ANNA, "wedding/a")
    dropped(world, BEN, "gala/b")
    assert world.states("gala") == world.states("wedding") == {"a": "encoded", "b": "encoded"}


def test_a_former_code_is_nobody_elses_and_its_own_again(world: World) -> None:
    world.create("wedding")
    change_event(world.services, "wedding", {}, new_code="gala")
    world.create("party")
    with pytest.raises(EventCodeTaken):
        world.create("wedding")
    with pytest.raises(EventCodeTaken):
        change_event(world.services, "party", {}, new_code="wedding")
    assert change_event(world.services, "gala", {}, new_code="Wedding").code == "wedding"
    assert change_event(world.services, "gala", {}, new_code="wedding").code == "wedding"


def test_a_drop_whose_blob_is_gone_is_no_longer_listed(world: World) -> None:
    dropped(world, ANNA, "party/a", "party/b", "loose.jpg", "other.jpg")
    for name in ("party/a", "loose.jpg"):
        world.vanish(name)
    world.deliver("party/a")
    sweep(world.services)
    assert [drop.blob_name for drop in listed(world)] == ["party/b", "other.jpg"]
    world.create("party")
    assert world.states("party") == {"b": "pending"}


def test_a_drop_that_is_delivered_after_its_blob_went_is_never_listed(world: World) -> None:
    for name in ("party/a", "loose.jpg"):
        world.deliver(name)
    assert listed(world) == []


def test_a_drop_is_registered_or_taken_in_whichever_way_creation_and_delivery_fall(world: World) -> None:
    # Rounds of a race between the two, none of which may lose the photo.
    with closing(world.worker()) as other, ThreadPoolExecutor(2) as threads:
        for number in range(12):
            code = f"party-{number}"
            world.drop(f"{code}/a", ANNA)
            delivery = threads.submit(encode, other, f"{code}/a")
            creation = threads.submit(create_event, world.services, code, NO_VALUES)
            delivery.result(20)
            creation.result(20)
            assert list(world.states(code)) == ["a"]
            assert listed(world) == []
    world.work()
    assert {*(world.states(f"party-{number}")["a"] for number in range(12))} == {"encoded"}


def test_many_drops_are_queued_in_batches_each_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kanta_core.pipeline.gather._BATCH", 3)
    names = {f"party/{number}" for number in range(8)}
    for name in names:
        dropped(world, photo(name), name)
    event = world.create("party")
    (message,) = world.received(TAKE_IN_QUEUE)
    assert message == {"event_id": str(event.id)}
    for _ in range(2):
        world._functions()[TAKE_IN_QUEUE](message)
    queued = [message["blob_name"] for message in world.received(ENCODE_QUEUE)]
    assert sorted(queued) == sorted(names)


def test_removing_an_event_removes_what_still_waits_for_it(world: World) -> None:
    world.create("party")
    dropped(world, ANNA, "wedding/a")
    with world.services.database.transaction() as connection:
        connection.execute("UPDATE drops SET code = 'party', blob_name = 'party/a'")
    remove_event(world.services, "party")
    assert listed(world) == []


@pytest.mark.parametrize("code", ["ab", "-wedding", "wed ding", "", "x" * 64])
def test_an_event_needs_a_valid_code(world: World, code: str) -> None:
    with pytest.raises(Invalid):
        world.create(code)
    world.create("wedding")
    with pytest.raises(Invalid):
        change_event(world.services, "wedding", {}, new_code=code)


def test_two_new_codes_at_once_are_both_the_events(world: World) -> None:
    world.create("wedding")
    with ThreadPoolExecutor(4) as threads:
        codes = [f"gala-{number}" for number in range(4)]
        list(threads.map(lambda code: change_event(world.services, "wedding", {}, new_code=code), codes))
    found = [world.event(code) for code in ["wedding", *codes]]
    assert len({event.id for event in found if event}) == 1
    assert {event.code for event in found if event} <= set(codes)


def test_of_two_events_created_at_once_under_one_code_one_is(world: World) -> None:
    def create(_: int) -> bool:
        try:
            world.create("wedding")
        except EventCodeTaken:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(create, range(4))) == [False, False, False, True]


def test_a_picture_that_is_replaced_or_comes_too_late_leaves_no_blob(world: World) -> None:
    world.create("wedding")
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda shade: set_event_image(world.services, "wedding", png(shade)), range(4)))
    event = set_event_image(world.services, "wedding", png(2))
    assert _pictures(world) == [event.image_blob]
    remove_event(world.services, "wedding")
    assert _pictures(world) == []
    with pytest.raises(EventNotFound):
        set_event_image(world.services, "wedding", png())


def _pictures(world: World) -> list[str]:
    return [blob.name for page in world.services.blobs.pages(container=EVENT_IMAGES) for blob in page]


def _down(*_: object) -> None:
    raise StorageUnavailable
