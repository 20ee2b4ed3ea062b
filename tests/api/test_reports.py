"""GET /reports and /doubts: how well an event's people are known, and what to look at first."""

from __future__ import annotations

import httpx2

from kanta_core.services import Services
from tests.api.client import Api, problem


def test_the_report_is_of_the_whole_event(api: Api, crowd: str) -> None:
    response = api.get(f"/reports/{crowd.upper()}")
    assert response.status_code == 200
    # All these faces are in one photo, where nobody can be more than once: everybody is doubtful.
    assert response.json() == {
        "photos": {"pending": 0, "encoded": 2, "duplicate": 0, "rejected": 0, "failed": 0},
        "people": 3,
        "singletons": 0,
        "named": 0,
        "hidden": 0,
        "doubtful": 3,
        "faces": 10,
        "left_out": {"too_poor": 0, "never_grouped": 0, "told_apart": 0, "waiting": 5},
        "people_current": False,
    }


def test_an_event_without_photos_has_an_empty_report(api: Api, event: str) -> None:
    report = api.get(f"/reports/{event}").json()
    assert (report["people"], report["faces"], set(report["photos"].values())) == (0, 0, {0})
    assert report["people_current"] is True
    assert api.get(f"/doubts/{event}").json() == []


def test_a_doubt_shows_whom_it_is_about(api: Api, crowd: str, services: Services) -> None:
    # Those in one photo are different people, however alike; so person 2 gets into the other.
    with services.database.transaction() as connection:
        connection.execute(
            """UPDATE faces SET image_id = (SELECT id FROM images i WHERE i.id <> image_id LIMIT 1)
                WHERE cluster_id = 2"""
        )
    (doubt, *_) = api.get(f"/doubts/{crowd}?limit=1").json()
    assert doubt["kind"] == "same_person"
    assert 0.5 < doubt["probability"] <= 1.0
    assert doubt["face_ids"] == []
    assert len(doubt["people"]) == 2
    for person in doubt["people"]:
        assert person["cohesion"] == 1.0
        assert person["revision"] >= 1
        assert api.get(f"/people/{crowd}/{person['cluster_id']}").json()["cohesion"] == 1.0
        assert httpx2.get(person["samples"][0]["sample_blob_url"]).status_code == 200


def test_the_report_of_an_event_that_is_not_there_is_not_there(api: Api) -> None:
    for path in ("/reports/nobodys", "/doubts/nobodys", "/reports/x", "/doubts/-"):
        problem(api.get(path), 404, "event-not-found")


def test_the_list_of_doubts_has_1_to_200_entries(api: Api, event: str) -> None:
    for limit in ("0", "201", "x"):
        problem(api.get(f"/doubts/{event}?limit={limit}"), 422, "invalid-request")


def test_the_timeline_tells_when_the_photos_were_taken(api: Api, crowd: str) -> None:
    timeline = api.get(f"/timelines/{crowd}").json()
    assert (timeline["clock"], timeline["step_seconds"], timeline["elsewhere"]) == ("arrival", 60, 0)
    assert sum(bar["photos"] for bar in timeline["bars"]) == 2
