"""A search finds all that is there at that moment and nothing else, by the database or in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector import Vector

from kanta_core.database import matches
from kanta_core.database.gallery import horizon
from kanta_core.database.matches import Metric, Near
from kanta_core.domain.corrections import CorrectionKind
from kanta_core.domain.records import Found
from kanta_core.errors import EventNotFound
from kanta_core.pipeline.people import gallery
from kanta_core.pipeline.people.gallery import look_around
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.people.search import find_people, find_similar
from kanta_core.pipeline.photos.remove import remove_event, remove_image
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

PEOPLE = 12
Refresh = Callable[[Party], None]


@pytest.fixture(params=["database", "memory"])
def held(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether events as small as a test's are held in memory."""
    monkeypatch.setattr(gallery, "_WORTH_HOLDING", 1 if request.param == "memory" else 10**9)
    return bool(request.param == "memory")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each time the database was asked, whether it was told of which faces."""
    found: list[bool] = []
    nearest = matches.nearest

    def seen(*args: Any, among: object = None, **values: Any) -> list[Near]:  # noqa: ANN401 - passed on
        found.append(among is not None)
        return nearest(*args, among=among, **values)  # type: ignore[arg-type]  # as it came

    monkeypatch.setattr(matches, "nearest", seen)
    return found


@pytest.fixture
def refresh(world: World, asked: list[bool]) -> Refresh:
    """Makes the people, and has what is held in memory read anew, long after the photos came."""

    def anew(party: Party) -> None:
        recluster(world.services, party.event_id)
        world.query("UPDATE images SET last_modified = last_modified - interval '1 hour' RETURNING 1")
        world.services.galleries._held.clear()
        search(world, "anna")
        world.services.galleries.wait()
        asked.clear()
        search(world, "anna")

    return anew


@pytest.fixture
def party(world: World, wedding: str, held: bool, asked: list[bool], refresh: Refresh) -> Iterator[Party]:  # noqa: FBT001 - a fixture
    """A dozen people, five photos each, and Anna, who is in three; the people are made, and one was sought."""
    its = Party(world, wedding)
    for name in ("anna.1", "anna.2", "anna.3"):
        drop(world, name)
    its.photograph([person for person in range(PEOPLE) for _ in range(5)])
    refresh(its)
    yield its
    assert set(asked) == {held}, "the searches were not made where they should have been"


def drop(world: World, name: str) -> None:
    """A photo by a name like `anna-ben.2`."""
    people, take = name.split(".")
    world.drop(f"wedding/{name}", photo(*people.split("-"), take=int(take)))
    world.deliver(f"wedding/{name}")


def search(world: World, *people: str, top_k: int = 5) -> list[Found]:
    return find_people(world.services, "wedding", photo(*people, take=99), top_k=top_k)


def names(world: World, found: Found) -> set[str]:
    """The photos that the faces found are in."""
    known = dict(world.query("SELECT id, name FROM images"))
    return {known[match.face.image_id] for match in found.faces}


def by_hand(world: World, shown: np.ndarray[tuple[int], np.dtype[np.float32]], metric: Metric) -> list[Near]:
    """All faces of visible people, as the database has them: its own distances, in its own order."""
    operator = {"cosine": "<=>", "l2": "<->"}[metric]
    with world.services.database.transaction() as connection:
        rows = connection.execute(
            f"""SELECT f.id, f.cluster_id, f.embedding {operator} %(shown)s FROM faces f
                  LEFT JOIN people p ON p.event_id = f.event_id AND p.cluster_id = f.cluster_id
                 WHERE p.hidden IS NOT TRUE ORDER BY 3, 1""",
            {"shown": Vector(shown)},
        ).fetchall()
    return [Near(*row) for row in rows]


def nearest(
    world: World, party: Party, shown: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> Callable[..., list[Near]]:
    def found(metric: Metric, most: int) -> list[Near]:
        with world.services.database.transaction() as connection:
            its = look_around(world.services, connection, party.event_id, shown, encoder="scripted", metric=metric)
            return its(most)

    return found


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_nothing_near_is_missed_however_many_are_asked_for_and_whoever_is_hidden(
    world: World, party: Party, metric: Metric
) -> None:
    (shown,) = (face.embedding for face in world.encoder.encode(photo("anna", take=99)).faces)
    find = nearest(world, party, shown)
    for hidden in (False, True):
        if hidden:
            for number in (2, 3, 4):
                party.correct(kind=CorrectionKind.HIDE, cluster_id=number, hidden=True)
        everyone = by_hand(world, shown, metric)
        assert len(everyone) == PEOPLE * 5 + 3 - hidden * 15
        for most in (1, 2, 7, 40, 1_000):
            assert find(metric, most) == everyone[:most]


def test_equal_faces_come_in_the_order_of_their_ids_and_none_is_left_out(
    world: World, party: Party, refresh: Refresh
) -> None:
    (shown,) = (face.embedding for face in world.encoder.encode(photo("anna", take=99)).faces)
    world.query(
        "UPDATE faces SET embedding = (SELECT embedding FROM faces ORDER BY id LIMIT 1) WHERE TRUE RETURNING 1"
    )
    world.query("UPDATE events SET faces_revision = faces_revision + 1 RETURNING 1")
    refresh(party)
    everyone = by_hand(world, shown, "cosine")
    assert [face.id for face in nearest(world, party, shown)("cosine", 7)] == [face.id for face in everyone[:7]]


def test_the_one_shown_comes_first_and_nobody_else_is_likely(world: World, party: Party) -> None:
    first, second, *_ = found = search(world, "anna")
    assert len(found) == 5
    assert first.probability > 0.99
    assert second.probability < 0.01
    assert names(world, first) == {"anna.1", "anna.2", "anna.3"}
    assert first.face_count == 3
    assert [match.distance for match in first.faces] == sorted(match.distance for match in first.faces)
    assert first.margin is not None
    assert second.margin is not None
    assert first.margin > 0 > second.margin
    stranger, *_ = search(world, "zoe")
    assert stranger.probability < 0.01
    assert len(search(world, "anna", top_k=1)) == 1


def test_a_face_that_waits_for_its_person_is_found_at_once_after_the_people(
    world: World, party: Party, refresh: Refresh
) -> None:
    drop(world, "zoe.1")
    *people, last = search(world, "zoe")
    assert (last.cluster_id, last.name, last.revision, last.face_count) == (-1, None, None, 1)
    assert last.probability > 0.99
    assert last.margin is not None
    assert last.margin > 0
    assert names(world, last) == {"zoe.1"}
    assert all(person.cluster_id != -1 and person.probability < 0.01 for person in people)
    refresh(party)
    zoe, *others = search(world, "zoe")
    assert zoe.cluster_id > 0
    assert zoe.probability > 0.99
    assert -1 not in {other.cluster_id for other in others}


def test_a_deleted_photo_is_found_no_more_from_that_moment_on(
    world: World, party: Party, refresh: Refresh
) -> None:
    image = world.image("wedding/anna.1")
    remove_image(world.services, "wedding", image.id)
    assert names(world, search(world, "anna")[0]) == {"anna.2", "anna.3"}
    similar = find_similar(world.services, "wedding", photo("anna", take=99), metric="l2", top_k=100)
    assert len(similar) == PEOPLE * 5 + 2
    assert image.id not in {match.face.image_id for match in similar}
    refresh(party)
    assert names(world, search(world, "anna")[0]) == {"anna.2", "anna.3"}


def test_a_new_photo_is_found_from_the_moment_it_is_encoded(world: World, party: Party, refresh: Refresh) -> None:
    drop(world, "anna.4")
    assert names(world, search(world, "anna")[0]) == {f"anna.{take}" for take in (1, 2, 3, 4)}
    refresh(party)


def test_what_organisers_correct_counts_at_once(world: World, party: Party) -> None:
    anna, other, *_ = search(world, "anna")
    party.correct(kind=CorrectionKind.NAME, cluster_id=anna.cluster_id, name="Anna")
    assert search(world, "anna")[0].name == "Anna"
    party.correct(kind=CorrectionKind.MERGE, cluster_id=other.cluster_id, other_cluster_id=anna.cluster_id)
    merged = search(world, "anna")[0]
    assert (merged.cluster_id, merged.face_count) == (anna.cluster_id, 8)
    assert merged.revision is not None
    assert anna.revision is not None
    assert merged.revision > anna.revision
    party.correct(kind=CorrectionKind.HIDE, cluster_id=anna.cluster_id, hidden=True)
    assert anna.cluster_id not in {found.cluster_id for found in search(world, "anna", top_k=20)}
    shown = find_similar(world.services, "wedding", photo("anna", take=99), metric="cosine", top_k=100)
    assert len(shown) == PEOPLE * 5 - 5
    assert anna.cluster_id not in {match.face.cluster_id for match in shown}
    party.correct(kind=CorrectionKind.HIDE, cluster_id=anna.cluster_id, hidden=False)
    assert search(world, "anna")[0].cluster_id == anna.cluster_id


def test_an_event_that_is_gone_is_found_nowhere(world: World, party: Party, refresh: Refresh) -> None:
    with world.services.database.transaction() as connection:
        remove_event(world.services, "wedding")
        with pytest.raises(EventNotFound):
            look_around(
                world.services,
                connection,
                party.event_id,
                np.ones(128, np.float32),
                encoder="scripted",
                metric="cosine",
            )
    with pytest.raises(EventNotFound):
        search(world, "anna")
    world.create("wedding")
    assert search(world, "anna") == []
    again = Party(world, "wedding")
    again.photograph([1])
    party.event_id = again.event_id
    refresh(party)


def test_faces_of_another_encoder_are_neither_near_nor_far(world: World, party: Party, refresh: Refresh) -> None:
    world.encoder.version, world.encoder.shift = "another", 7
    assert search(world, "anna") == []
    drop(world, "anna.5")
    world.encoder.version = "scripted"
    refresh(party)
    assert "anna.5" not in {name for found in search(world, "anna") for name in names(world, found)}


def test_what_is_read_during_one_search_is_of_one_moment(
    world: World, party: Party, refresh: Refresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = world.image("wedding/anna.1")
    at_one_moment = matches.at_one_moment

    def removed_meanwhile(connection: object) -> None:
        at_one_moment(connection)  # type: ignore[arg-type]  # as it came
        world.query("SELECT 1")
        connection.execute("SELECT 1")  # type: ignore[attr-defined]  # the moment is that of the first statement
        remove_image(world.services, "wedding", image.id)

    with monkeypatch.context() as patch:
        patch.setattr(matches, "at_one_moment", removed_meanwhile)
        found = search(world, "anna")[0]
    assert (found.face_count, len(found.faces)) == (3, 3)
    assert search(world, "anna")[0].face_count == 2
    refresh(party)


def test_a_person_of_many_photos_hides_nobody_who_is_next(world: World, party: Party, refresh: Refresh) -> None:
    before = search(world, "anna")
    world.query(
        """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder,
                              embedding, grouped_as, cluster_id)
           SELECT gen_random_uuid(), event_id, image_id, n, 0, 9, 9, landmarks, 1, quality, encoder, embedding,
                  grouped_as, cluster_id
             FROM (SELECT * FROM faces WHERE cluster_id = %(anna)s LIMIT 1) f, generate_series(1, 600) n
           RETURNING 1""",
        {"anna": before[0].cluster_id},
    )
    world.query("UPDATE events SET faces_revision = faces_revision + 1 RETURNING 1")
    refresh(party)
    after = search(world, "anna")
    assert after[0].face_count == 603
    assert [found.cluster_id for found in after] == [found.cluster_id for found in before]
    assert [found.probability for found in after[1:]] == [found.probability for found in before[1:]]


@pytest.mark.parametrize("held", ["memory"], indirect=True)
def test_photos_that_come_are_found_without_reading_the_others_again_until_they_are_many(
    world: World, party: Party, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (party.event_id, "scripted")
    before = world.services.galleries.at(key)
    party.photograph([77] * 20)
    world.query("UPDATE events SET faces_revision = faces_revision + 1 RETURNING 1")
    for many, told in ((20, True), (19, False)):
        with monkeypatch.context() as patch:
            patch.setattr(gallery, "_MOST_CHANGED", many)
            asked.clear()
            assert search(world, "anna")
            assert asked == [told]
        world.services.galleries.wait()
        assert (world.services.galleries.at(key) is before) == told
    asked[:] = [True]


@pytest.mark.parametrize("held", ["memory"], indirect=True)
def test_what_was_deleted_leaves_the_memory_in_time(
    world: World, party: Party, asked: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = (party.event_id, "scripted")
    remove_image(world.services, "wedding", world.image("wedding/anna.1").id)
    monkeypatch.setattr(gallery, "_LASTS", timedelta())
    search(world, "anna")
    world.services.galleries.wait()
    now = world.services.galleries.at(key)
    assert now is not None
    assert len(now.ids) == PEOPLE * 5 + 2


def test_whatever_is_under_way_while_faces_are_read_may_have_changed_them(world: World) -> None:
    with psycopg.connect(world.settings.database_url) as other:
        ((begun,),) = other.execute("SELECT now()").fetchall()
        with world.services.database.transaction() as connection:
            assert horizon(connection) == begun - timedelta(minutes=1)
    with world.services.database.transaction() as connection:
        assert horizon(connection) > begun - timedelta(minutes=1)
