"""Webhooks: each is told what happened and nothing else, in order, signed, and again while it does not answer."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from kanta_core.database import notices
from kanta_core.domain.access import ORGANISER, Caller, Scope
from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.webhooks import NoticeKind, Webhook
from kanta_core.errors import StorageUnavailable, TooManyWebhooks, Unauthenticated, WebhookNotFound
from kanta_core.pipeline.people.correct import correct
from kanta_core.pipeline.photos.remove import forget_blob, remove_event, remove_image
from kanta_core.pipeline.photos.retry import retry_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.pipeline.tokens import make_token, revoke_token
from kanta_core.pipeline.webhooks import delete_webhook, deliver, make_webhook, request_deliveries
from kanta_core.storage.names import WEBHOOK_QUEUE
from kanta_core.storage.queues import Queues
from tests.pipeline.receiver import Received, Receiver, receiving
from tests.pipeline.scripted import BROKEN, CRASHING, photo
from tests.pipeline.world import World

ENCODED, CHANGED = NoticeKind.PHOTO_ENCODED, NoticeKind.PEOPLE_CHANGED
ANNA, BEN = photo("anna"), photo("ben")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as its:
        yield its


@pytest.fixture
def hooked(world: World, wedding: str, receiver: Receiver) -> World:
    """A world whose settings let webhooks lead to this machine."""
    world.services.settings = world.settings.model_copy(update={"webhook_addresses": "any"})
    return world


def made(world: World, receiver: Receiver, *kinds: NoticeKind, caller: Caller = ORGANISER) -> tuple[Webhook, str]:
    return make_webhook(world.services, caller, "wedding", f"{receiver.url}/hook", kinds or (ENCODED,))


def drop(world: World, name: str, data: bytes) -> None:
    world.drop(f"wedding/{name}", data)
    world.deliver(f"wedding/{name}")


def tell(world: World) -> int:
    """What the timer and its queue do; how many webhooks were told something."""
    asked = request_deliveries(world.services)
    for message in world.received(WEBHOOK_QUEUE):
        deliver(world.services, uuid.UUID(message["webhook_id"]))
    return asked


def told_photos(receiver: Receiver) -> list[str]:
    """The names of the photos it was told of, in order."""
    return [each["name"] for said in receiver.said if said["kind"] == ENCODED for each in said["data"]["photos"]]


def due_now(world: World) -> None:
    world.query("UPDATE webhooks SET due_at = clock_timestamp() RETURNING 1")


def state(world: World) -> tuple[Any, ...]:
    """Tries, whether it fails, why, how much it was never told, how much waits."""
    ((tries, failing, error, given_up, waiting),) = world.query(
        """SELECT tries, failing_since IS NOT NULL, last_error, given_up, (SELECT count(*) FROM notices)
             FROM webhooks"""
    )
    return tries, failing, error, given_up, waiting


def test_photos_are_told_of_together_once_they_are_encoded(hooked: World, receiver: Receiver) -> None:
    drop(hooked, "before", photo("zoe"))
    webhook, secret = made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    drop(hooked, "both.jpg", photo("anna", "ben"))
    drop(hooked, "again.jpg", ANNA)
    drop(hooked, "broken.jpg", BROKEN)
    drop(hooked, "crash.jpg", CRASHING)
    assert tell(hooked) == 1
    (request,) = receiver.requests
    first = hooked.image("wedding/a.jpg")
    assert request.said["data"]["photos"][0] == {
        "image_uuid": str(first.id),
        "name": "a.jpg",
        "faces": 1,
        "width": 640,
        "height": 480,
        "taken_at": "2026-05-01T14:03:22",
    }
    assert told_photos(receiver) == ["a.jpg", "both.jpg"]
    assert (request.said["kind"], request.said["event_code"]) == ("photo.encoded", "wedding")
    assert request.said["id"] == request.headers["Kanta-Delivery"]
    assert request.path == "/hook"
    assert is_signed(request, secret)
    assert not is_signed(request, secret + "x")
    assert not is_signed(replace(request, body=request.body + b" "), secret)
    # Told once, however often anybody looks.
    assert tell(hooked) == 0
    deliver(hooked.services, webhook.id)
    assert len(receiver.requests) == 1
    assert state(hooked) == (0, False, None, 0, 0)


def is_signed(request: Received, secret: str) -> bool:
    """As a receiver checks it: by hand, from what is documented."""
    said = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", request.headers["Kanta-Signature"])
    assert said
    assert abs(time.time() - int(said[1])) < 60
    signed = hmac.new(secret.encode("ascii"), said[1].encode() + b"." + request.body, hashlib.sha256)
    return hmac.compare_digest(signed.hexdigest(), said[2])


def test_a_hundred_photos_are_one_request(hooked: World, receiver: Receiver) -> None:
    made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    hooked.query(
        """INSERT INTO notices (webhook_id, kind, data)
           SELECT webhook_id, kind, jsonb_build_object('name', n::text)
             FROM notices, generate_series(1, 250) n RETURNING 1"""
    )
    tell(hooked)
    assert [len(said["data"]["photos"]) for said in receiver.said] == [100, 100, 51]
    assert told_photos(receiver) == ["a.jpg", *map(str, range(1, 251))]
    assert len({said["id"] for said in receiver.said}) == 3
    assert state(hooked)[-1] == 0


def test_a_photo_that_is_retried_encoded_again_or_inherited_is_told_of(hooked: World, receiver: Receiver) -> None:
    made(hooked, receiver)
    drop(hooked, "crash.jpg", CRASHING)
    drop(hooked, "a.jpg", ANNA)
    drop(hooked, "copy.jpg", ANNA)
    tell(hooked)
    assert told_photos(receiver) == ["a.jpg"]
    retry_image(hooked.services, "wedding", hooked.image("wedding/crash.jpg").id)
    hooked.query("UPDATE images SET encode_again = true WHERE name = 'a.jpg' RETURNING 1")
    hooked.deliver("wedding/a.jpg")
    hooked.vanish("wedding/a.jpg")
    forget_blob(hooked.services, "wedding/a.jpg")
    tell(hooked)
    assert told_photos(receiver) == ["a.jpg", "a.jpg", "copy.jpg"]


def people(receiver: Receiver) -> list[list[int]]:
    return [said["data"]["cluster_ids"] for said in receiver.said if said["kind"] == CHANGED]


def test_people_are_told_of_when_they_change_by_whatever_means(hooked: World, receiver: Receiver) -> None:
    drop(hooked, "zoe.jpg", photo("zoe"))
    hooked.settle()
    ((zoe,),) = hooked.query("SELECT cluster_id FROM people")
    made(hooked, receiver, CHANGED)
    hooked.settle()
    assert tell(hooked) == 0
    # A recluster.
    drop(hooked, "a.jpg", ANNA)
    drop(hooked, "b.jpg", BEN)
    assert tell(hooked) == 0
    hooked.settle()
    assert tell(hooked) == 1
    (new,) = people(receiver)
    assert len(new) == 2
    assert zoe not in new
    # A correction, at once.
    name = Statement(kind=CorrectionKind.NAME, cluster_id=zoe, name="Zoë")
    revisions = dict(hooked.query("SELECT cluster_id, revision FROM people"))
    correct(hooked.services, "wedding", name, seen=revisions)
    tell(hooked)
    assert people(receiver)[1:] == [[zoe]]
    # Two that become one: both changed.
    merge = Statement(kind=CorrectionKind.MERGE, cluster_id=new[0], other_cluster_id=new[1])
    revisions = dict(hooked.query("SELECT cluster_id, revision FROM people"))
    correct(hooked.services, "wedding", merge, seen=revisions)
    tell(hooked)
    assert people(receiver)[2:] == [new]
    # A photo that goes takes its person with it.
    remove_image(hooked.services, "wedding", hooked.image("wedding/zoe.jpg").id)
    hooked.settle()
    tell(hooked)
    assert people(receiver)[3:] == [[zoe]]
    hooked.settle()
    assert tell(hooked) == 0


def test_each_webhook_is_told_what_it_asked_for_and_of_its_event_alone(hooked: World, receiver: Receiver) -> None:
    hooked.create("funeral")
    first, _ = made(hooked, receiver, CHANGED)
    made(hooked, receiver, ENCODED, CHANGED)
    make_webhook(hooked.services, ORGANISER, "funeral", f"{receiver.url}/other", [ENCODED, CHANGED])
    drop(hooked, "a.jpg", ANNA)
    hooked.settle()
    assert tell(hooked) == 2
    assert sorted(said["kind"] for said in receiver.said) == ["people.changed", "people.changed", "photo.encoded"]
    assert {said["event_code"] for said in receiver.said} == {"wedding"}
    for code in ("funeral", "wedding"):
        if code == "wedding":
            delete_webhook(hooked.services, code, first.id)
        with pytest.raises(WebhookNotFound):
            delete_webhook(hooked.services, code, first.id)


def test_what_is_rolled_back_is_not_told(hooked: World, receiver: Receiver) -> None:
    made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    encoded = hooked.image("wedding/a.jpg").id

    def fail() -> None:
        with hooked.services.database.transaction() as connection:
            notices.tell_encoded(connection, encoded)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    tell(hooked)
    assert told_photos(receiver) == ["a.jpg"]


def test_while_it_fails_it_is_tried_less_and_less_often_with_the_same_request(
    hooked: World, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    _, secret = made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    receiver.status = 500
    pauses = []
    with caplog.at_level(logging.INFO):
        for number in range(1, 10):
            assert tell(hooked) == 1
            assert state(hooked) == (number, True, "It answered 500.", 0, min(number, 2))
            # It is left alone until then, whatever happens meanwhile.
            assert tell(hooked) == 0
            ((pause,),) = hooked.query(
                "SELECT extract(epoch FROM due_at - clock_timestamp())::float8 FROM webhooks"
            )
            pauses.append(round(pause / 15) * 15)
            if number == 1:
                drop(hooked, "b.jpg", BEN)
            due_now(hooked)
    assert pauses == [15, 60, 300, 900, 3_600, 3_600, 7_200, 14_400, 14_400]
    assert len({(request.body, request.headers["Kanta-Delivery"]) for request in receiver.requests}) == 1
    assert receiver.url not in caplog.text
    assert secret not in caplog.text
    receiver.status = 200
    tell(hooked)
    assert told_photos(receiver)[-2:] == ["a.jpg", "b.jpg"]
    assert state(hooked) == (0, False, None, 0, 0)


def test_what_it_does_not_take_for_a_day_it_is_never_told_and_then_goes_on(
    hooked: World, receiver: Receiver
) -> None:
    made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    receiver.status = 404
    tell(hooked)
    drop(hooked, "b.jpg", BEN)
    hooked.query("UPDATE notices SET created_at = created_at - interval '25 h' WHERE id = 1 RETURNING 1")
    due_now(hooked)
    tell(hooked)
    assert state(hooked) == (2, True, "It answered 404.", 1, 1)
    receiver.status = 200
    due_now(hooked)
    tell(hooked)
    assert told_photos(receiver)[-1] == "b.jpg"
    assert state(hooked) == (0, False, None, 1, 0)


def test_killed_after_it_was_told_it_is_told_the_same_again(
    hooked: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook, _ = made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    drop(hooked, "b.jpg", BEN)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(notices, "told", killed)
        with pytest.raises(KeyboardInterrupt):
            deliver(hooked.services, webhook.id)
    drop(hooked, "c.jpg", photo("cara"))
    deliver(hooked.services, webhook.id)
    first, again, more = receiver.requests
    assert (first.body, first.headers["Kanta-Delivery"]) == (again.body, again.headers["Kanta-Delivery"])
    assert [each["name"] for each in more.said["data"]["photos"]] == ["c.jpg"]


def test_a_message_that_got_lost_is_sent_again_after_a_while(
    hooked: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StorageUnavailable

    made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    with monkeypatch.context() as patched:
        patched.setattr(Queues, "send_all", down)
        with pytest.raises(StorageUnavailable):
            request_deliveries(hooked.services)
    assert request_deliveries(hooked.services) == 1
    hooked.received(WEBHOOK_QUEUE)
    assert request_deliveries(hooked.services) == 0
    hooked.query("UPDATE webhooks SET queued_at = queued_at - interval '6 min' RETURNING 1")
    assert tell(hooked) == 1
    assert told_photos(receiver) == ["a.jpg"]


def test_made_with_a_token_it_ends_with_the_token(hooked: World, receiver: Receiver) -> None:
    services = hooked.services
    token, _ = make_token(services, ORGANISER, "wedding", scopes=[Scope.MANAGE], label=None, expires_at=None)
    caller = Caller(token, frozenset({"wedding"}))
    webhook, _ = made(hooked, receiver, caller=caller)
    assert webhook.made_by == token.id
    drop(hooked, "a.jpg", ANNA)
    tell(hooked)
    drop(hooked, "b.jpg", BEN)
    revoke_token(services, "wedding", token.id)
    drop(hooked, "c.jpg", photo("cara"))
    assert tell(hooked) == 0
    deliver(services, webhook.id)
    assert told_photos(receiver) == ["a.jpg"]
    sweep(services)
    assert hooked.query("SELECT FROM webhooks") == []
    with pytest.raises(Unauthenticated):
        made(hooked, receiver, caller=caller)


def test_an_event_has_so_many_webhooks_and_no_more(hooked: World, receiver: Receiver) -> None:
    for _ in range(20):
        made(hooked, receiver)
    with pytest.raises(TooManyWebhooks):
        made(hooked, receiver)


def test_an_event_that_is_deleted_tells_nothing_more(hooked: World, receiver: Receiver) -> None:
    webhook, _ = made(hooked, receiver)
    drop(hooked, "a.jpg", ANNA)
    remove_event(hooked.services, "wedding")
    assert tell(hooked) == 0
    deliver(hooked.services, webhook.id)
    assert receiver.requests == []
    assert hooked.query("SELECT FROM notices") == []


def test_where_nobody_asks_nothing_is_written(world: World, wedding: str) -> None:
    drop(world, "a.jpg", ANNA)
    world.settle()
    assert world.query("SELECT FROM notices") == []
    assert world.query("SELECT FROM people WHERE told_revision > 0") == []
