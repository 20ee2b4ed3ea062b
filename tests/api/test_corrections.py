"""/corrections: what organisers state about people, and take back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest

from tests.api.client import Api, problem

Person = dict[str, Any]


def listed(api: Api, code: str, **query: object) -> dict[int, Person]:
    """Everybody in the event, by number, with all faces as samples."""
    values = {"event_code": code, "sample_size": 20, "hidden": True, **query}
    response = api.get("/clusters", params=values)  # type: ignore[arg-type]  # as httpx takes them
    return {person["cluster_id"]: person for person in response.json()}


def counts(api: Api, code: str) -> dict[int, int]:
    return {number: person["face_count"] for number, person in listed(api, code).items()}


def faces(api: Api, code: str, number: int) -> list[str]:
    return [sample["face_id"] for sample in listed(api, code)[number]["samples"]]


def stated(api: Api, code: str, kind: str, **values: object) -> dict[str, Any]:
    """A correction by somebody who has just looked at everybody."""
    revisions = {str(number): person["revision"] for number, person in listed(api, code).items() if number != -1}
    response = api.post(f"/corrections/{code}", json={"kind": kind, "revisions": revisions, **values})
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


def test_a_person_is_named_at_once(api: Api, crowd: str) -> None:
    made = stated(api, crowd.upper(), "name", cluster_id=2, name="  Anna ")
    assert {key: made["correction"][key] for key in ("id", "kind", "cluster_id", "name", "undone_at")} == {
        "id": 1,
        "kind": "name",
        "cluster_id": 2,
        "name": "Anna",
        "undone_at": None,
    }
    assert datetime.fromisoformat(made["correction"]["made_at"]).tzinfo is not None
    assert next(person["name"] for person in made["people"] if person["cluster_id"] == 2) == "Anna"
    assert listed(api, crowd)[2]["name"] == "Anna"
    stated(api, crowd, "name", cluster_id=2, name=None)
    assert listed(api, crowd)[2]["name"] is None


def test_two_people_become_one_who_has_both_numbers(api: Api, crowd: str) -> None:
    stated(api, crowd, "name", cluster_id=3, name="Ben")
    made = stated(api, crowd, "merge", cluster_id=3, into_cluster_id=1)
    (one,) = [person for person in made["people"] if person["cluster_id"] == 1]
    # Without a name of its own it takes the other's.
    assert (one["face_count"], one["former_numbers"], one["name"]) == (6, [3], "Ben")
    assert counts(api, crowd) == {1: 6, 2: 4, -1: 5}
    for number in (1, 3):
        person = api.get(f"/people/{crowd}/{number}").json()
        assert (person["cluster_id"], person["face_count"], len(person["faces"])) == (1, 6, 6)
    photos = [
        api.get("/pics", params={"event_code": crowd, "cluster_list_id": number}).json() for number in (1, 3)
    ]
    assert photos[0] == photos[1] != []


def test_faces_split_off_are_a_person_of_their_own(api: Api, crowd: str) -> None:
    leaving = faces(api, crowd, 2)[:2]
    made = stated(api, crowd, "split", cluster_id=2, face_ids=leaving)
    assert made["correction"]["other_cluster_id"] == 4
    assert made["correction"]["face_ids"] == leaving
    assert counts(api, crowd) == {1: 3, 3: 3, 2: 2, 4: 2, -1: 5}
    assert sorted(faces(api, crowd, 4)) == sorted(leaving)


def test_a_face_is_moved_from_anywhere(api: Api, crowd: str) -> None:
    moved = [faces(api, crowd, 2)[0], faces(api, crowd, -1)[0]]
    stated(api, crowd, "move", face_ids=moved, into_cluster_id=1)
    assert counts(api, crowd) == {1: 5, 2: 3, 3: 3, -1: 4}
    assert set(moved) <= set(faces(api, crowd, 1))


def test_a_face_that_is_not_a_person_is_somebody_else(api: Api, crowd: str) -> None:
    face = faces(api, crowd, 1)[0]
    stated(api, crowd, "not_this_person", cluster_id=1, face_ids=[face])
    assert faces(api, crowd, 4) == [face]


def test_a_face_can_be_kept_out_of_everybody(api: Api, crowd: str) -> None:
    face = faces(api, crowd, 1)[0]
    stated(api, crowd, "never_group", face_ids=[face, face])
    assert face in faces(api, crowd, -1)


def test_one_person_stays_as_it_is(api: Api, crowd: str) -> None:
    before = counts(api, crowd)
    made = stated(api, crowd, "one_person", cluster_id=1)
    assert (made["correction"]["cluster_id"], made["correction"]["face_ids"]) == (1, [])
    assert counts(api, crowd) == before


def test_two_different_people_stay_as_they_are(api: Api, crowd: str) -> None:
    before = counts(api, crowd)
    made = stated(api, crowd, "different_people", cluster_id=1, other_cluster_id=2)
    assert (made["correction"]["other_cluster_id"], made["correction"]["face_ids"]) == (2, [])
    assert counts(api, crowd) == before


def test_hidden_people_are_listed_on_demand_only(api: Api, crowd: str) -> None:
    stated(api, crowd, "hide", cluster_id=2)
    shown = [person["cluster_id"] for person in api.get("/clusters", params={"event_code": crowd}).json()]
    assert shown == [1, 3, -1]
    assert listed(api, crowd)[2]["hidden"]
    assert api.get(f"/people/{crowd}/2").json()["hidden"]
    stated(api, crowd, "hide", cluster_id=2, hidden=False)
    assert not listed(api, crowd)[2]["hidden"]


def test_the_cover_is_the_first_face_shown(api: Api, crowd: str) -> None:
    worst = faces(api, crowd, 2)[-1]
    stated(api, crowd, "cover", cluster_id=2, face_id=worst)
    person = api.get(f"/people/{crowd}/2").json()
    assert (person["cover_face_id"], person["faces"][0]["face_id"]) == (worst, worst)
    assert faces(api, crowd, 2)[0] == worst
    stated(api, crowd, "cover", cluster_id=2, face_id=None)
    assert listed(api, crowd)[2]["cover_face_id"] is None
    assert faces(api, crowd, 2)[-1] == worst


def test_an_edit_of_people_as_they_no_longer_are_gets_them_as_they_are(api: Api, crowd: str) -> None:
    revision = listed(api, crowd)[1]["revision"]
    stale = {"kind": "name", "cluster_id": 1, "name": "Anna", "revisions": {"1": revision}}
    stated(api, crowd, "name", cluster_id=1, name="Ben")
    answer = problem(api.post(f"/corrections/{crowd}", json=stale), 409, "stale-people")
    (person,) = answer["people"]
    assert (person["cluster_id"], person["name"]) == (1, "Ben")
    assert person["revision"] > revision
    assert listed(api, crowd)[1]["name"] == "Ben"
    # With what it was told the edit is made.
    fresh = {**stale, "revisions": {"1": person["revision"]}}
    assert api.post(f"/corrections/{crowd}", json=fresh).status_code == 201


def test_an_edit_of_a_person_that_goes_on_as_another_gets_that_one(api: Api, crowd: str) -> None:
    revisions = {str(number): person["revision"] for number, person in listed(api, crowd).items()}
    stated(api, crowd, "merge", cluster_id=3, into_cluster_id=1)
    stale = {"kind": "name", "cluster_id": 3, "name": "Cara", "revisions": {"3": revisions["3"]}}
    answer = problem(api.post(f"/corrections/{crowd}", json=stale), 409, "stale-people")
    assert [person["cluster_id"] for person in answer["people"]] == [1]


def test_any_change_of_a_persons_faces_raises_its_revision(api: Api, crowd: str) -> None:
    def revisions() -> dict[int, int]:
        return {number: person["revision"] for number, person in listed(api, crowd).items() if number != -1}

    before = revisions()
    stated(api, crowd, "move", face_ids=faces(api, crowd, 2)[:1], into_cluster_id=1)
    moved = revisions()
    assert moved[1] > before[1]
    assert moved[2] > before[2]
    assert moved[3] == before[3]
    stated(api, crowd, "cover", cluster_id=3, face_id=faces(api, crowd, 3)[2])
    assert revisions()[3] > moved[3]
    for photo in api.get("/pics", params={"event_code": crowd, "cluster_list_id": 3}).json():
        api.delete(f"/pics/{crowd}/{photo['uuid']}").raise_for_status()
    assert revisions() == {}


def test_of_two_edits_at_once_one_is_stale(api: Api, crowd: str) -> None:
    revision = listed(api, crowd)[1]["revision"]
    edits = [
        {"kind": "name", "cluster_id": 1, "name": name, "revisions": {"1": revision}} for name in ("Anna", "Ben")
    ]
    with ThreadPoolExecutor(2) as organisers:
        answers = list(organisers.map(lambda edit: api.post(f"/corrections/{crowd}", json=edit), edits))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


def test_everything_is_undone_in_any_order_and_listed_newest_first(api: Api, crowd: str) -> None:
    before = {number: sorted(faces(api, crowd, number)) for number in (1, 2, 3, -1)}
    split = stated(api, crowd, "split", cluster_id=2, face_ids=faces(api, crowd, 2)[:2])["correction"]["id"]
    name = stated(api, crowd, "name", cluster_id=4, name="Dora")["correction"]["id"]
    merge = stated(api, crowd, "merge", cluster_id=1, into_cluster_id=4)["correction"]["id"]
    assert counts(api, crowd) == {4: 5, 2: 2, 3: 3, -1: 5}
    undone = api.delete(f"/corrections/{crowd}/{split}").json()
    assert undone["correction"]["undone_at"] is not None
    assert api.delete(f"/corrections/{crowd}/{split}").json()["correction"] == undone["correction"]
    # Anna is still who 4 was meant to be; the faces that were split off are back.
    assert counts(api, crowd) == {4: 3, 2: 4, 3: 3, -1: 5}
    history = api.get(f"/corrections/{crowd}").json()
    assert [(its["id"], its["undone_at"] is None) for its in history] == [
        (merge, True),
        (name, True),
        (split, False),
    ]
    page = api.get(f"/corrections/{crowd}", params={"limit": 1, "offset": 1}).json()
    assert page == history[1:2]
    for each in (name, merge):
        api.delete(f"/corrections/{crowd}/{each}").raise_for_status()
    assert {number: sorted(faces(api, crowd, number)) for number in (1, 2, 3, -1)} == before
    # The number that the split made leads to whom it was made out of.
    assert api.get(f"/people/{crowd}/4").json()["cluster_id"] == 2
    again = api.post(f"/corrections/{crowd}/{split}/redo").json()
    assert again["correction"]["undone_at"] is None
    assert counts(api, crowd) == {2: 2, 4: 2, 1: 3, 3: 3, -1: 5}


def test_a_person_has_its_faces_in_pages(api: Api, crowd: str) -> None:
    every = api.get(f"/people/{crowd}/2").json()["faces"]
    assert len(every) == 4
    assert {face["cluster_id"] for face in every} == {2}
    assert all(api.get(f"/pics/{face['image_uuid']}").status_code == 200 for face in every)
    pages = [
        api.get(f"/people/{crowd}/2", params={"limit": 3, "offset": offset}).json()["faces"] for offset in (0, 3)
    ]
    assert [face["face_id"] for page in pages for face in page] == [face["face_id"] for face in every]


def test_a_person_that_is_not_there_is_not_found(api: Api, crowd: str) -> None:
    for number in ("-1", "0", "4", "2147483647"):
        problem(api.get(f"/people/{crowd}/{number}"), 404, "person-not-found")


Edit = Callable[[list[str], list[str]], dict[str, object]]
REFUSED: dict[str, tuple[Edit, int, str]] = {
    "a person that is not there": (
        lambda *_: {"kind": "name", "cluster_id": 9, "name": "A"},
        404,
        "person-not-found",
    ),
    "a face that is not there": (
        lambda *_: {"kind": "move", "into_cluster_id": 1, "face_ids": [str(uuid4())]},
        404,
        "face-not-found",
    ),
    "another person's face": (
        lambda _, other: {"kind": "split", "cluster_id": 1, "face_ids": other[:1]},
        422,
        "invalid-request",
    ),
    "another person's cover": (
        lambda _, other: {"kind": "cover", "cluster_id": 1, "face_id": other[0]},
        422,
        "invalid-request",
    ),
    "all of a person split off": (
        lambda own, _: {"kind": "split", "cluster_id": 1, "face_ids": own},
        422,
        "invalid-request",
    ),
    "one with itself": (
        lambda *_: {"kind": "merge", "cluster_id": 1, "into_cluster_id": 1},
        422,
        "invalid-request",
    ),
    "nobody": (lambda *_: {"kind": "hide", "cluster_id": -1}, 422, "invalid-request"),
    "no faces": (lambda *_: {"kind": "never_group", "face_ids": []}, 422, "invalid-request"),
    "an empty name": (lambda *_: {"kind": "name", "cluster_id": 1, "name": " "}, 422, "invalid-request"),
    "a long name": (lambda *_: {"kind": "name", "cluster_id": 1, "name": "a" * 201}, 422, "invalid-request"),
    "no name": (lambda *_: {"kind": "name", "cluster_id": 1}, 422, "invalid-request"),
    "a NUL": (lambda *_: {"kind": "name", "cluster_id": 1, "name": "a\0"}, 422, "invalid-request"),
    "half a character": (lambda *_: {"kind": "name", "cluster_id": 1, "name": "\ud800"}, 422, "invalid-request"),
    "no kind": (lambda *_: {"cluster_id": 1}, 422, "invalid-request"),
    "no revision": (
        lambda *_: {"kind": "hide", "cluster_id": 1, "revisions": {}},
        422,
        "invalid-request",
    ),
}


def test_what_makes_no_sense_is_refused_and_stores_nothing(
    api: Api, crowd: str, stored: Callable[[], dict[str, object]], subtests: pytest.Subtests
) -> None:
    revisions = {str(number): person["revision"] for number, person in listed(api, crowd).items() if number != -1}
    people = faces(api, crowd, 1), faces(api, crowd, 2)
    before = stored()
    for name, (body, status, slug) in REFUSED.items():
        with subtests.test(name):
            given = {"revisions": revisions, **body(*people)}
            problem(api.post(f"/corrections/{crowd}", json=given), status, slug)
            assert stored() == before


def test_what_is_not_there_can_not_be_undone(api: Api, crowd: str) -> None:
    problem(api.delete(f"/corrections/{crowd}/1"), 404, "correction-not-found")
    problem(api.post(f"/corrections/{crowd}/1/redo"), 404, "correction-not-found")
    problem(api.delete("/corrections/nowhere/1"), 404, "event-not-found")
    problem(api.get("/corrections/nowhere"), 404, "event-not-found")
    problem(api.get("/people/nowhere/1"), 404, "event-not-found")
    name = {"kind": "name", "cluster_id": 1, "name": "A", "revisions": {"1": 1}}
    problem(api.post("/corrections/nowhere", json=name), 404, "event-not-found")
