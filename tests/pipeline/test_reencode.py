"""Encoding once more: the new faces replace the old in one go, and people stay who they are."""

from __future__ import annotations

import pytest

from kanta_core.errors import EventNotFound
from kanta_core.pipeline.people.recluster import request_reclusters
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.pipeline.photos.reencode.__main__ import main
from kanta_core.pipeline.sweep import sweep
from kanta_core.settings import Settings
from kanta_core.storage.names import ENCODE_QUEUE
from tests.pipeline import truth
from tests.pipeline.scripted import CRASHING, photo
from tests.pipeline.world import World

A, B = "wedding/a", "wedding/b"
PHOTOS = {
    "a": photo("anna"),
    "b": photo("anna", "ben"),
    "c": photo("ben", "cara"),
    "d": photo("cara", "anna", take=2),
    "nobody": photo(),
}


@pytest.fixture
def party(world: World, wedding: str) -> str:
    """The wedding with its photos and its people."""
    world.bring(wedding, PHOTOS)
    return wedding


def people(world: World) -> dict[int, list[str]]:
    """Who is in each person, by photo and place."""
    rows = world.query(
        """SELECT f.cluster_id, array_agg(i.name || f.x / 100 ORDER BY i.name, f.x)
             FROM faces f JOIN images i ON i.id = f.image_id GROUP BY 1 ORDER BY 1"""
    )
    return dict(rows)


def versions(world: World) -> dict[str, int]:
    return dict(world.query("SELECT encoder, count(*) FROM faces GROUP BY 1"))


def group(world: World) -> None:
    request_reclusters(world.services)
    world.work()


def test_the_same_encoder_once_more_changes_nobody(world: World, party: str) -> None:
    before, encoded = world.query("SELECT f::text FROM faces f ORDER BY 1"), len(world.encoder.seen)
    assert reencode(world.services, party) == 5
    world.work()
    assert world.query("SELECT f::text FROM faces f ORDER BY 1") == before
    assert len(world.encoder.seen) == encoded + 5
    world.settle()
    truth.check(world)
    assert world.query("SELECT f::text FROM faces f ORDER BY 1") == before


@pytest.mark.parametrize("shift", [0, 20], ids=["the same boxes", "boxes drawn another way"])
def test_people_keep_their_numbers_when_another_encoder_has_seen_them(
    world: World, party: str, shift: int
) -> None:
    before = people(world)
    assert {number: len(faces) for number, faces in before.items()} == {1: 3, 2: 2, 3: 2}
    world.encoder.version, world.encoder.shift = "new", shift
    assert reencode(world.services, party, encoder_not="new") == 5
    world.work()
    # Until the people are made anew everybody is in the person they were in.
    assert (people(world), versions(world)) == (before, {"new": 7})
    group(world)
    assert people(world) == before
    world.settle()
    truth.check(world)
    assert reencode(world.services, party, encoder_not="new") == 0


def test_the_old_faces_are_there_until_the_new_replace_them(world: World, party: str) -> None:
    before = people(world)
    world.encoder.version = "new"
    reencode(world.services, party)
    assert world.states(party) == dict.fromkeys(PHOTOS, "encoded")
    with world.encoding(B, PHOTOS["b"]):
        assert (people(world), versions(world)) == (before, {"scripted": 7})
        event = world.event(party)
        assert event is not None
        assert event.pending == 0
    assert (people(world), versions(world)) == (before, {"scripted": 5, "new": 2})


def test_the_people_wait_for_the_last_photo(world: World, party: str) -> None:
    before = people(world)
    world.encoder.version = "new"
    reencode(world.services, party)
    for name in PHOTOS:
        assert request_reclusters(world.services) == 0
        world.deliver(f"wedding/{name}")
    group(world)
    assert people(world) == before


def test_asking_twice_is_asking_once(world: World, party: str) -> None:
    assert [reencode(world.services, party) for _ in range(3)] == [5, 0, 0]
    names = [message["blob_name"] for message in world.received(ENCODE_QUEUE)]
    assert sorted(names) == sorted(f"wedding/{name}" for name in PHOTOS)


def test_work_whose_message_got_lost_is_queued_again(world: World, party: str) -> None:
    reencode(world.services, party)
    world.received(ENCODE_QUEUE)
    sweep(world.services)
    assert world.received(ENCODE_QUEUE) == []
    world.query("UPDATE images SET queued_at = queued_at - interval '2 hours' RETURNING 1")
    sweep(world.services)
    assert len(world.received(ENCODE_QUEUE)) == 5


@pytest.mark.parametrize("how", ["is refused", "fails"])
def test_a_photo_that_does_not_make_it_once_more_stays_as_it_is(world: World, party: str, how: str) -> None:
    before = people(world)
    world.encoder.version = "new"
    reencode(world.services, party)
    world.encoder.failing = how == "fails"
    world.encoder.refused = frozenset(PHOTOS.values())
    world.work()
    assert world.states(party) == dict.fromkeys(PHOTOS, "encoded")
    assert (people(world), versions(world)) == (before, {"scripted": 7})
    world.encoder.failing = False
    world.settle()
    truth.check(world)


@pytest.mark.parametrize("how", ["vanishes", "is overwritten"])
def test_the_heir_of_a_photo_that_waits_is_encoded_in_its_place(world: World, party: str, how: str) -> None:
    world.drop("wedding/z", PHOTOS["b"])
    world.deliver("wedding/z")
    before = people(world)
    world.encoder.version = "new"
    reencode(world.services, party)
    world.received(ENCODE_QUEUE)
    if how == "vanishes":
        world.vanish(B)
    else:
        world.drop(B, photo())
    world.deliver(B)
    assert world.received(ENCODE_QUEUE) == [{"blob_name": "wedding/z"}]
    world.deliver("wedding/z")
    assert versions(world) == {"scripted": 5, "new": 2}
    renamed = {n: sorted(f.replace("b", "z") for f in faces) for n, faces in before.items()}
    assert people(world) == renamed


def test_only_encoded_photos_are_encoded_once_more(world: World, party: str) -> None:
    world.drop("wedding/twice", PHOTOS["a"])
    world.drop("wedding/empty", b"")
    world.drop("wedding/crash", CRASHING)
    for name in ("twice", "empty", "crash"):
        world.deliver(f"wedding/{name}")
    states = world.states(party)
    assert reencode(world.services, party) == 5
    assert world.states(party) == states


def test_embeddings_of_two_encoders_make_no_person_together(world: World, party: str) -> None:
    before = people(world)
    world.encoder.version = "new"
    world.drop("wedding/later", photo("anna", "ben", take=3))
    world.deliver("wedding/later")
    group(world)
    assert people(world) == before | {4: ["later0"], 5: ["later1"]}
    # Once the others are seen by the same encoder they are who they were, and so is the late one.
    reencode(world.services, party, encoder_not="new")
    world.work()
    group(world)
    (ben,) = [number for number, faces in before.items() if "b1" in faces]
    assert people(world) == {
        number: sorted([*faces, *{1: ["later0"], ben: ["later1"]}.get(number, [])])
        for number, faces in before.items()
    }


def test_the_command_says_how_many_and_can_be_repeated(
    world: World,
    party: str,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KANTA_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", settings.storage_connection.get_secret_value())
    monkeypatch.setenv("KANTA_ACCESS", "open")
    world.create("empty")
    assert main(["--all", "--encoder-not", "scripted"]) == 0
    assert main(["Wedding"]) == 0
    assert main(["--all"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "wedding: 0 photos to encode once more",
        "empty: 0 photos to encode once more",
        "Wedding: 5 photos to encode once more",
        "wedding: 0 photos to encode once more",
        "empty: 0 photos to encode once more",
    ]
    assert main(["nowhere"]) == 1
    assert "no such event" in capsys.readouterr().err
    for wrong in ([], ["wedding", "--all"]):
        with pytest.raises(SystemExit):
            main(wrong)


@pytest.mark.parametrize("code", ["nowhere", "no code!"])
def test_an_unknown_event_is_refused(world: World, code: str) -> None:
    with pytest.raises(EventNotFound):
        reencode(world.services, code)
