"""Retry: what did not make it is tried again, and a late verdict on an earlier try spoils nothing."""

from __future__ import annotations

import pytest

from kanta_core.domain.records import ImageStatus
from kanta_core.errors import EventNotFound, ImageNotFound, NothingToRetry, StorageUnavailable
from kanta_core.pipeline.photos.retry import give_up, retry_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.names import ENCODE_QUEUE
from kanta_core.storage.queues import Queues
from tests.pipeline.scripted import BROKEN, photo
from tests.pipeline.world import World

ANNA = photo("anna")
A = "wedding/a"


def failed(world: World) -> None:
    world.drop(A, ANNA)
    world.encoder.failing = True
    world.deliver(A)
    world.encoder.failing = False
    assert world.states("wedding") == {"a": "failed"}


def retry(world: World) -> ImageStatus:
    return retry_image(world.services, "wedding", world.image(A).id).status


def test_a_photo_that_failed_is_pending_again_and_then_encoded(world: World, wedding: str) -> None:
    failed(world)
    assert retry(world) == "pending"
    assert world.image(A).status_reason is None
    world.work()
    assert world.states(wedding) == {"a": "encoded"}


def test_a_photo_that_was_rejected_is_looked_at_again(world: World, wedding: str) -> None:
    world.drop(A, BROKEN)
    world.deliver(A)
    assert retry(world) == "pending"
    world.work()
    assert world.states(wedding) == {"a": "rejected"}
    assert world.encoder.seen == [BROKEN, BROKEN]


def test_a_worker_that_is_quicker_than_the_retry_tries_all_the_same(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(world)
    send = Queues.send

    def send_and_work(queues: Queues, queue: str, message: dict[str, str]) -> None:
        send(queues, queue, message)
        monkeypatch.undo()
        world.work()

    monkeypatch.setattr(Queues, "send", send_and_work)
    retry(world)
    assert world.states(wedding) == {"a": "encoded"}


def test_a_retry_whose_message_got_lost_is_found_by_the_sweep(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(world)

    def down(*_: object) -> None:
        raise StorageUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send", down)
        with pytest.raises(StorageUnavailable):
            retry(world)
    assert world.received(ENCODE_QUEUE) == []
    sweep(world.services)
    world.work()
    assert world.states(wedding) == {"a": "encoded"}


def test_asking_twice_is_asking_once(world: World, wedding: str) -> None:
    failed(world)
    assert [retry(world), retry(world)] == ["pending", "pending"]
    world.work()
    assert world.encoder.seen.count(ANNA) == 6


@pytest.mark.parametrize("name", ["a", "b"], ids=["encoded", "duplicate"])
def test_what_made_it_is_not_tried_again(world: World, wedding: str, name: str) -> None:
    for blob_name in (A, "wedding/b"):
        world.drop(blob_name, ANNA)
        world.deliver(blob_name)
    before = world.rows()
    with pytest.raises(NothingToRetry):
        retry_image(world.services, wedding, world.image(f"wedding/{name}").id)
    assert world.rows() == before


def test_an_image_of_another_event_or_of_none_is_not_found(world: World, wedding: str) -> None:
    failed(world)
    world.create("party")
    with pytest.raises(ImageNotFound):
        retry_image(world.services, "party", world.image(A).id)
    with pytest.raises(EventNotFound):
        retry_image(world.services, "nowhere", world.image(A).id)


def test_giving_up_names_what_the_last_try_said_or_that_there_were_five(world: World, wedding: str) -> None:
    failed(world)
    assert world.image(A).status_reason == "Encoding stopped with an error of its own."
    retry(world)
    # Killed five times: nobody was left to say why.
    give_up(world.services, A)
    assert world.image(A).status_reason == "The photo could not be encoded in five tries."


def test_giving_up_on_a_version_that_was_overwritten_is_nothing(world: World, wedding: str) -> None:
    old = world.drop(A, ANNA)
    world.drop(A, photo("ben"))
    with world.encoding(A, photo("ben")):
        give_up(world.services, A, etag=f'"{old}"')
        assert world.states(wedding) == {"a": "pending"}
    assert world.states(wedding) == {"a": "encoded"}


def test_giving_up_on_what_nobody_knows_is_nothing(world: World, wedding: str) -> None:
    before = world.rows()
    give_up(world.services, "wedding/never")
    give_up(world.services, "loose.jpg")
    assert world.rows() == before


def test_a_photo_that_failed_is_overwritten_by_one_that_does_not(world: World, wedding: str) -> None:
    failed(world)
    world.drop(A, photo("ben"))
    world.deliver(A)
    assert world.states(wedding) == {"a": "encoded"}
