"""Recluster: the people reflect the faces, all at once, under numbers that last."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest

from kanta_core.database import reclusters
from kanta_core.pipeline.people.recluster import recluster, request_reclusters
from kanta_core.pipeline.photos.remove import remove_event, remove_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage.names import RECLUSTER_QUEUE
from kanta_core.storage.queues import Queues
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

# Who is in each person, by the names of the photos.
People = dict[int, list[str]]


def dropped(world: World, *photos: str) -> None:
    """One photo for each name like `anna-ben.1`, of Anna and Ben."""
    for name in photos:
        world.drop(f"wedding/{name}", photo(*name.split(".")[0].split("-"), take=int(name.split(".")[1])))
        world.deliver(f"wedding/{name}")


def event_id(world: World) -> uuid.UUID:
    event = world.event("wedding")
    assert event is not None
    return event.id


def current(world: World) -> bool:
    event = world.event("wedding")
    assert event is not None
    return event.people_current


def found(world: World) -> People:
    rows = world.query(
        """SELECT f.cluster_id, array_agg(i.name ORDER BY i.name) FROM faces f JOIN images i ON i.id = f.image_id
            GROUP BY 1 ORDER BY 1"""
    )
    return dict(rows)


def group(world: World) -> People:
    request_reclusters(world.services)
    world.work()
    assert current(world)
    return found(world)


def test_while_photos_come_reclusters_keep_their_distance_and_the_last_one_is_at_once(
    world: World, wedding: str
) -> None:
    dropped(world, "anna.1")
    group(world)
    world.query("UPDATE events SET recluster_due_at = now() + interval '1 hour' RETURNING 1")
    dropped(world, "anna.2")
    world.drop("wedding/ben.1", photo("ben", take=1))
    sweep(world.services)
    assert request_reclusters(world.services) == 0
    world.query("UPDATE events SET recluster_due_at = now() RETURNING 1")
    assert request_reclusters(world.services) == 1
    world.work()
    dropped(world, "anna.3")
    world.query("UPDATE events SET recluster_due_at = now() + interval '1 hour' RETURNING 1")
    assert world.states("wedding")["ben.1"] == "encoded"
    assert group(world) == {1: ["anna.1", "anna.2", "anna.3"], 2: ["ben.1"]}


def test_the_faces_become_people_and_the_people_are_current(world: World, wedding: str) -> None:
    assert current(world)
    dropped(world, "anna.1", "anna.2", "anna-ben.3", "ben.4")
    assert not current(world)
    people_found = group(world)
    assert sorted(people_found.values()) == [["anna-ben.3", "anna.1", "anna.2"], ["anna-ben.3", "ben.4"]]
    assert set(people_found) == {1, 2}


def test_a_recluster_of_the_same_faces_changes_nothing(world: World, wedding: str) -> None:
    dropped(world, "anna.1", "anna.2", "ben.1")
    group(world)
    before = world.rows()
    recluster(world.services, event_id(world))
    assert request_reclusters(world.services) == 0
    assert world.rows() == before


def test_numbers_last_and_are_never_used_again(world: World, wedding: str) -> None:
    dropped(world, "anna.1", "anna.2")
    assert group(world) == {1: ["anna.1", "anna.2"]}
    dropped(world, "ben.1", "ben.2", "ben.3")
    assert group(world) == {1: ["anna.1", "anna.2"], 2: ["ben.1", "ben.2", "ben.3"]}
    for name in ("anna.1", "anna.2"):
        remove_image(world.services, wedding, world.image(f"wedding/{name}").id)
    assert group(world) == {2: ["ben.1", "ben.2", "ben.3"]}
    dropped(world, "cara.1", "cara.2")
    assert group(world) == {2: ["ben.1", "ben.2", "ben.3"], 3: ["cara.1", "cara.2"]}
    for image in world.images(wedding):
        remove_image(world.services, wedding, image.id)
    assert group(world) == {}
    dropped(world, "dora.1", "dora.2")
    assert group(world) == {4: ["dora.1", "dora.2"]}


def test_faces_that_come_while_the_people_are_made_are_in_the_next_ones(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, "anna.1", "anna.2")
    embeddings = reclusters.embeddings

    def and_then_more(connection: psycopg.Connection[Any], of: uuid.UUID) -> reclusters.Embeddings:
        read = embeddings(connection, of)
        monkeypatch.undo()
        dropped(world, "anna.3")
        return read

    monkeypatch.setattr(reclusters, "embeddings", and_then_more)
    recluster(world.services, event_id(world))
    assert found(world) == {-1: ["anna.3"], 1: ["anna.1", "anna.2"]}
    assert not current(world)
    assert group(world) == {1: ["anna.1", "anna.2", "anna.3"]}


@pytest.mark.parametrize("what", ["a photo", "the event"])
def test_what_is_removed_while_the_people_are_made_is_in_none(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    dropped(world, "anna.1", "anna.2", "anna.3")
    embeddings = reclusters.embeddings

    def and_then_less(connection: psycopg.Connection[Any], of: uuid.UUID) -> reclusters.Embeddings:
        read = embeddings(connection, of)
        monkeypatch.undo()
        if what == "a photo":
            remove_image(world.services, wedding, world.image("wedding/anna.3").id)
        else:
            remove_event(world.services, wedding)
        return read

    monkeypatch.setattr(reclusters, "embeddings", and_then_less)
    recluster(world.services, event_id(world))
    if what == "a photo":
        assert group(world) == {1: ["anna.1", "anna.2"]}
    else:
        assert found(world) == {}
        assert world.rows()["people"] == []


def test_a_recluster_of_an_event_that_is_gone_is_nothing(world: World) -> None:
    recluster(world.services, uuid.uuid4())


def test_two_at_once_agree(world: World, wedding: str) -> None:
    dropped(world, *(f"{name}.{take}" for name in ("anna", "ben", "cara") for take in range(4)))
    of = event_id(world)
    with closing(world.worker()) as other, ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda services: recluster(services, of), [world.services, other]))
    assert {number: len(names) for number, names in found(world).items()} == {1: 4, 2: 4, 3: 4}
    assert world.query("SELECT next_cluster_id FROM events") == [(4,)]


def test_the_one_that_read_newer_faces_stands(world: World, wedding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped(world, "anna.1", "anna.2")
    embeddings = reclusters.embeddings

    def overtaken(connection: psycopg.Connection[Any], of: uuid.UUID) -> reclusters.Embeddings:
        read = embeddings(connection, of)
        monkeypatch.undo()
        dropped(world, "anna.3")
        group(world)
        return read

    monkeypatch.setattr(reclusters, "embeddings", overtaken)
    recluster(world.services, event_id(world))
    assert found(world) == {1: ["anna.1", "anna.2", "anna.3"]}
    assert current(world)


def test_readers_see_the_old_people_until_all_of_the_new_are_there(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, "anna.1", "anna.2")
    group(world)
    dropped(world, "ben.1", "ben.2")
    seen: list[tuple[People, bool]] = []
    done = reclusters.done

    def done_and_look(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as they came
        done(*args, **kwargs)
        # All is written, to nobody's eyes but the writer's.
        seen.append((found(world), current(world)))

    monkeypatch.setattr(reclusters, "done", done_and_look)
    request_reclusters(world.services)
    world.work()
    assert seen == [({-1: ["ben.1", "ben.2"], 1: ["anna.1", "anna.2"]}, False)]
    assert found(world) == {1: ["anna.1", "anna.2"], 2: ["ben.1", "ben.2"]}


def test_an_event_is_asked_for_once_until_it_is_done_or_lost(world: World, wedding: str) -> None:
    dropped(world, "anna.1", "anna.2")
    assert [request_reclusters(world.services) for _ in range(3)] == [1, 0, 0]
    assert world.received(RECLUSTER_QUEUE) == [{"event_id": str(event_id(world))}]
    # Nobody worked on it: five minutes later it is asked for again.
    world.query("UPDATE events SET recluster_queued_at = now() - interval '6 minutes' RETURNING 1")
    assert group(world) == {1: ["anna.1", "anna.2"]}


def test_a_request_that_could_not_be_sent_is_made_again(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, "anna.1", "anna.2")

    def killed(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(Queues, "send_all", killed)
        with pytest.raises(SystemExit):
            request_reclusters(world.services)
    assert request_reclusters(world.services) == 1


def test_a_worker_that_is_quicker_than_the_request_leaves_nothing_marked_as_asked_for(
    world: World, wedding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped(world, "anna.1", "anna.2")
    of = event_id(world)
    send_all = Queues.send_all
    with closing(world.worker()) as worker, ThreadPoolExecutor(1) as threads:

        def send_and_work(*args: object) -> None:
            send_all(*args)  # type: ignore[arg-type]  # as they came
            work.append(threads.submit(recluster, worker, of))
            world.wait_for("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'")

        work: list[Any] = []
        monkeypatch.setattr(Queues, "send_all", send_and_work)
        request_reclusters(world.services)
        work[0].result(20)
    assert current(world)
    assert world.query("SELECT recluster_queued_at FROM events") == [(None,)]


def test_a_face_too_poor_to_tell_is_in_no_person_and_the_people_are_current(world: World, wedding: str) -> None:
    world.encoder.blurred = frozenset({"cara"})
    dropped(world, "anna.1", "anna.2", "cara.1", "cara.2", "cara.3")
    assert group(world) == {-1: ["cara.1", "cara.2", "cara.3"], 1: ["anna.1", "anna.2"]}
    assert request_reclusters(world.services) == 0
    before = world.rows()
    recluster(world.services, event_id(world))
    assert world.rows() == before


def test_a_poor_face_joins_the_person_it_is_like_once_there_is_one(world: World, wedding: str) -> None:
    world.encoder.blurred = frozenset({"anna"})
    dropped(world, "anna.1", "ben.1")
    assert group(world) == {-1: ["anna.1"], 1: ["ben.1"]}
    world.encoder.blurred = frozenset()
    dropped(world, "anna.2")
    assert group(world) == {1: ["ben.1"], 2: ["anna.1", "anna.2"]}
    # And is left behind when nobody else of that person is.
    remove_image(world.services, wedding, world.image("wedding/anna.2").id)
    assert group(world) == {-1: ["anna.1"], 1: ["ben.1"]}
