"""Corrections: obeyed by every later recluster, whatever comes, and gone without a trace once undone."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from kanta_core.database import reclusters
from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.errors import StalePeople
from kanta_core.pipeline.people.correct import correct, set_undone
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.services import Services
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

MERGE, MOVE = CorrectionKind.MERGE, CorrectionKind.MOVE


@pytest.fixture
def party(world: World, wedding: str) -> Party:
    """120 people, of whom most are in one photo only, and the first in twenty."""
    its = Party(world, wedding)
    its.photograph([person for person in range(120) for _ in range(max(1, 20 - person // 2))])
    its.group()
    return its


def seen(party: Party) -> list[tuple[object, ...]]:
    """All that readers see of people and faces, but for revisions."""
    return party.world.query(
        """SELECT f.id, f.grouped_as, f.cluster_id, p.name, p.hidden, p.cover_face_id
             FROM faces f LEFT JOIN people p USING (event_id, cluster_id) ORDER BY 1"""
    )


def test_a_hundred_corrections_survive_ten_reclusters_and_undone_leave_no_trace(party: Party) -> None:
    chance = random.Random(1)
    before = seen(party)
    made = [party.correct_at_random(chance).correction.id for _ in range(100)]
    corrected = seen(party)
    assert corrected != before
    for _ in range(10):
        party.group()
        assert seen(party) == corrected
    for each in chance.sample(made, len(made)):
        set_undone(party.world.services, party.code, each, undone=True)
    assert seen(party) == before


def test_with_a_fifth_more_photos_people_keep_their_numbers_and_corrections_hold(
    party: Party, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(2)
    for _ in range(30):
        party.correct_at_random(chance)
    before = party.members()
    count = sum(map(len, before.values()))
    party.photograph([chance.randrange(140) for _ in range(count // 5)])
    party.group()
    after = party.people()
    kept = sum({after[face] for face in faces} == {number} for number, faces in before.items())
    record_property(
        "figure", f"{kept} of {len(before)} people keep number and faces with a fifth more photos (≥ 99 %)"
    )
    assert kept >= 0.99 * len(before)


def test_an_old_number_leads_to_whom_the_grouping_made_of_it(world: World, wedding: str) -> None:
    party = Party(world, wedding)
    first, second = party.photograph([1, 1, 1]), party.photograph([2, 2])
    party.group()
    # The grouping learns better: both are one.
    world.query("UPDATE faces SET embedding = (SELECT embedding FROM faces ORDER BY id LIMIT 1) RETURNING 1")
    party.group()
    assert set(party.people().values()) == {1}
    assert world.query("SELECT merged_into, goes_on_as FROM people WHERE cluster_id = 2") == [(1, 1)]
    # And worse again.
    for faces, at in ((first, 1), (second, 2)):
        world.query(
            """UPDATE faces SET embedding = (SELECT array_agg(CASE WHEN n = %(at)s THEN 1 ELSE 0 END)::vector
                                               FROM generate_series(1, 128) n)
                WHERE id = ANY(%(faces)s) RETURNING 1""",
            {"faces": faces, "at": at},
        )
    party.group()
    assert {number: len(faces) for number, faces in party.members().items()} == {1: 3, 3: 2}
    assert world.query("SELECT split_from FROM people WHERE cluster_id = 3") == [(1,)]


def test_a_correction_while_the_people_are_made_counts(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    revisions = reclusters.revisions

    def and_then_corrected(*args: object) -> tuple[int, int] | None:
        monkeypatch.undo()
        found = revisions(*args)  # type: ignore[arg-type]  # as they came
        party.correct(kind=MERGE, cluster_id=2, other_cluster_id=1)
        return found

    monkeypatch.setattr(reclusters, "revisions", and_then_corrected)
    party.group()
    assert 2 not in party.members()


def insist(party: Party, **values: Any) -> None:  # noqa: ANN401 - a Statement's
    """Correct, and look again whenever a recluster was quicker."""
    for _ in range(50):
        try:
            party.correct(**values)
        except StalePeople:
            continue
        return
    raise AssertionError("the people changed 50 times in a row between a look and a correction")


def test_reclusters_corrections_and_photos_at_once_come_to_one_result(party: Party) -> None:
    chance = random.Random(3)
    groups = party.members()
    with closing(party.world.worker()) as worker, ThreadPoolExecutor(3) as threads:
        work: list[Future[Any]] = [threads.submit(recluster, worker, party.event_id) for _ in range(4)]
        work.append(threads.submit(party.photograph, [chance.randrange(120) for _ in range(50)]))
        for number in range(2, 8):
            insist(party, kind=MERGE, cluster_id=number, other_cluster_id=1)
            work.append(threads.submit(party.group))
        for each in work:
            each.result(60)
    party.group()
    merged = {face for number in range(1, 8) for face in groups[number]}
    assert {party.people()[face] for face in merged} == {1}
    before = seen(party)
    party.group()
    assert seen(party) == before


def test_of_two_organisers_at_once_the_slower_one_looks_again(party: Party) -> None:
    now = party.revisions()

    def merged(services: Services, into: int) -> bool:
        statement = Statement(kind=MERGE, cluster_id=2, other_cluster_id=into)
        try:
            correct(services, party.code, statement, seen=now)
        except StalePeople:
            return False
        return True

    with closing(party.world.worker()) as other, ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(merged, (party.world.services, other), (1, 3))) == [False, True]


def named(world: World, name: str) -> uuid.UUID:
    """The one face in the photo of this name."""
    ((face,),) = world.query(
        "SELECT f.id FROM faces f JOIN images i ON i.id = f.image_id WHERE i.name = %(name)s", {"name": name}
    )
    return uuid.UUID(str(face))


def found(world: World) -> dict[int, list[str]]:
    return dict(
        world.query(
            """SELECT f.cluster_id, array_agg(i.name ORDER BY i.name)
                 FROM faces f JOIN images i ON i.id = f.image_id GROUP BY 1 ORDER BY 1"""
        )
    )


@pytest.fixture
def guests(world: World, wedding: str) -> Party:
    """Anna in three photos and Ben in two, encoded and grouped: 1 and 2."""
    for name in ("anna.1", "anna.2", "anna.3", "ben.1", "ben.2"):
        person, take = name.split(".")
        world.drop(f"wedding/{name}", photo(person, take=int(take)))
        world.deliver(f"wedding/{name}")
    world.settle()
    return Party(world, wedding)


def test_corrections_follow_faces_that_another_encoder_draws_another_way(world: World, guests: Party) -> None:
    guests.correct(kind=MOVE, face_ids=(named(world, "anna.3"),), other_cluster_id=2)
    guests.correct(kind=CorrectionKind.NEVER_GROUP, face_ids=(named(world, "ben.2"),))
    guests.correct(kind=CorrectionKind.COVER, cluster_id=1, face_ids=(named(world, "anna.2"),))
    expected = {-1: ["ben.2"], 1: ["anna.1", "anna.2"], 2: ["anna.3", "ben.1"]}
    assert found(world) == expected
    world.encoder.version, world.encoder.shift = "new", 20
    reencode(world.services, "wedding")
    world.settle()
    assert world.query("SELECT DISTINCT encoder FROM faces") == [("new",)]
    assert found(world) == expected
    assert world.query("SELECT cover_face_id FROM people WHERE cluster_id = 1") == [(named(world, "anna.2"),)]
    for correction in (1, 2, 3):
        set_undone(world.services, "wedding", correction, undone=True)
    assert found(world) == {1: ["anna.1", "anna.2", "anna.3"], 2: ["ben.1", "ben.2"]}


def test_a_correction_of_a_photo_that_is_gone_counts_again_when_it_is_back(world: World, guests: Party) -> None:
    guests.correct(kind=MOVE, face_ids=(named(world, "anna.3"),), other_cluster_id=2)
    remove_image(world.services, "wedding", world.image("wedding/anna.3").id)
    world.settle()
    assert found(world) == {1: ["anna.1", "anna.2"], 2: ["ben.1", "ben.2"]}
    world.drop("wedding/again", photo("anna", take=3))
    world.query("DELETE FROM erased_images RETURNING 1")
    world.deliver("wedding/again")
    world.settle()
    assert found(world) == {1: ["anna.1", "anna.2"], 2: ["again", "ben.1", "ben.2"]}


def test_a_name_is_not_lost_when_the_grouping_joins_two_people(world: World, guests: Party) -> None:
    guests.correct(kind=CorrectionKind.NAME, cluster_id=2, name="Ben")
    world.query("UPDATE faces SET embedding = (SELECT embedding FROM faces ORDER BY id LIMIT 1) RETURNING 1")
    guests.group()
    assert len(found(world)[1]) == 5
    assert world.query("SELECT cluster_id, name FROM people ORDER BY 1") == [(1, "Ben"), (2, None)]
