"""A new face is in its person as soon as it is encoded; the next recluster confirms or corrects."""

from __future__ import annotations

import pytest

from kanta_core.database import neighbours
from kanta_core.domain.corrections import CorrectionKind
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.photos.remove import remove_image
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World


def dropped(world: World, *photos: str) -> None:
    """One photo for each name like `anna-ben.1`, of Anna and Ben."""
    for name in photos:
        people, take = name.split(".")
        world.drop(f"wedding/{name}", photo(*people.split("-"), take=int(take)))
        world.deliver(f"wedding/{name}")


def found(world: World) -> dict[int, list[str]]:
    return dict(
        world.query(
            """SELECT f.cluster_id, array_agg(i.name || f.x / 100 ORDER BY i.name, f.x)
                 FROM faces f JOIN images i ON i.id = f.image_id GROUP BY 1 ORDER BY 1"""
        )
    )


@pytest.fixture
def guests(world: World, wedding: str) -> Party:
    """Anna is 1, Ben is 2."""
    dropped(world, "anna.1", "anna.2", "anna.3", "ben.1", "ben.2")
    world.settle()
    return Party(world, wedding)


def test_a_new_photo_shows_up_under_its_people_before_any_recluster(world: World, guests: Party) -> None:
    dropped(world, "ben-cara-anna.1")
    now = {
        -1: ["ben-cara-anna.11"],
        1: ["anna.10", "anna.20", "anna.30", "ben-cara-anna.12"],
        2: ["ben-cara-anna.10", "ben.10", "ben.20"],
    }
    assert found(world) == now
    world.settle()
    assert found(world) == {**{number: now[number] for number in (1, 2)}, 3: now[-1]}


def test_where_there_are_no_people_yet_a_new_face_is_in_none(world: World, wedding: str) -> None:
    dropped(world, "anna.1", "anna.2")
    assert found(world) == {-1: ["anna.10", "anna.20"]}


def test_a_new_face_joins_whom_an_organiser_made_of_its_person(world: World, guests: Party) -> None:
    guests.correct(kind=CorrectionKind.MERGE, cluster_id=2, other_cluster_id=1)
    dropped(world, "ben.3")
    assert set(found(world)) == {1}
    world.settle()
    assert set(found(world)) == {1}


def test_a_face_whose_like_went_meanwhile_joins_nobody(
    world: World, guests: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearest = neighbours.nearest_of_each

    def and_then_gone(*args: object, **kwargs: object) -> list[list[neighbours.Near]]:
        near = nearest(*args, **kwargs)  # type: ignore[arg-type]  # as they came
        monkeypatch.undo()
        for name in ("ben.1", "ben.2"):
            remove_image(world.services, "wedding", world.image(f"wedding/{name}").id)
        return near

    monkeypatch.setattr(neighbours, "nearest_of_each", and_then_gone)
    dropped(world, "ben.3")
    assert found(world) == {-1: ["ben.30"], 1: ["anna.10", "anna.20", "anna.30"]}
    world.settle()
    assert found(world) == {1: ["anna.10", "anna.20", "anna.30"], 3: ["ben.30"]}


def test_a_face_that_comes_while_its_person_goes_on_as_another_goes_along(
    world: World, guests: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.query(
        "UPDATE faces SET embedding = (SELECT embedding FROM faces WHERE cluster_id = 2 LIMIT 1) RETURNING 1"
    )
    world.query("UPDATE events SET faces_revision = faces_revision + 1 RETURNING 1")
    nearest = neighbours.nearest_of_each

    def and_then_grouped(*args: object, **kwargs: object) -> list[list[neighbours.Near]]:
        near = nearest(*args, **kwargs)  # type: ignore[arg-type]  # as they came
        monkeypatch.undo()
        recluster(world.services, guests.event_id)
        return near

    monkeypatch.setattr(neighbours, "nearest_of_each", and_then_grouped)
    dropped(world, "ben.3")
    assert found(world) == {1: ["anna.10", "anna.20", "anna.30", "ben.10", "ben.20", "ben.30"]}


def test_photos_delivered_twice_are_in_their_people_once(world: World, guests: Party) -> None:
    dropped(world, "anna.4", "anna.4")
    world.deliver("wedding/anna.4")
    assert found(world)[1] == ["anna.10", "anna.20", "anna.30", "anna.40"]
