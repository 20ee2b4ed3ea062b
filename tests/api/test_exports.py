"""Exports over HTTP: asked for, looked at until they are ready, and saved by a link under a name."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from uuid import UUID

import httpx
import psycopg
import pytest

from kanta_core.pipeline.exports.requests import give_up_export
from kanta_core.pipeline.exports.write import write_export
from kanta_core.services import Services
from tests.api.client import Api, problem

Made = Callable[[dict[str, object]], dict[str, object]]


@pytest.fixture
def made(api: Api, two_encoded: str, make_people: Callable[[str], None], services: Services) -> Made:
    """Has an export of an event with two photos written, and looks at it."""
    make_people(two_encoded)

    def run(body: dict[str, object]) -> dict[str, object]:
        asked = api.post(f"/exports/{two_encoded}", json=body)
        assert asked.status_code == 202
        assert (asked.json()["status"], asked.json()["url"], asked.json()["size"]) == ("pending", None, None)
        write_export(services, UUID(asked.json()["id"]))
        found: dict[str, object] = api.get(f"/exports/{two_encoded}/{asked.json()['id']}").json()
        assert found["status"] == "ready"
        return found

    return run


def test_a_zip_is_saved_by_its_link_under_a_name(made: Made, obama: bytes, biden: bytes) -> None:
    export = made({"kind": "zip"})
    saved = httpx.get(str(export["url"]))
    assert saved.headers["content-type"] == "application/zip"
    assert saved.headers["content-disposition"] == "attachment; filename*=UTF-8''wedding-photos.zip"
    assert len(saved.content) == export["size"]
    with zipfile.ZipFile(io.BytesIO(saved.content)) as found:
        assert sorted(found.read(name) for name in found.namelist()) == sorted([obama, biden])
    assert export["photos"] == 2


def test_a_persons_table_is_named_after_the_person(made: Made) -> None:
    for kind, content_type in [("csv", "text/csv; charset=utf-8"), ("json", "application/json")]:
        export = made({"kind": kind, "cluster_id": 1})
        saved = httpx.get(str(export["url"]))
        assert saved.headers["content-type"] == content_type
        assert saved.headers["content-disposition"].endswith(f"''wedding-person-1-faces.{kind}")
    assert [face["cluster_id"] for face in json.loads(saved.content)["faces"]] == [1]


def test_the_list_has_them_newest_first_and_says_what_became_of_them(
    api: Api, made: Made, services: Services
) -> None:
    ready = made({"kind": "zip"})
    pending = api.post("/exports/wedding", json={"kind": "csv"}).json()
    assert api.post("/exports/wedding", json={"kind": "csv"}).json() == pending
    failed = api.post("/exports/wedding", json={"kind": "json"}).json()
    give_up_export(services, UUID(failed["id"]))
    with psycopg.connect(services.settings.database_url) as connection:
        connection.execute("UPDATE exports SET status = 'expired' WHERE kind = 'zip'")
    listed = api.get("/exports/wedding").json()
    assert [(its["id"], its["status"], its["url"]) for its in listed] == [
        (failed["id"], "failed", None),
        (pending["id"], "pending", None),
        (ready["id"], "expired", None),
    ]
    assert "five tries" in listed[0]["reason"]
    assert api.get("/exports/wedding?limit=1&offset=1").json() == listed[1:2]


def test_what_can_not_be_exported_is_refused(api: Api, event: str) -> None:
    problem(api.post(f"/exports/{event}", json={"kind": "zip", "cluster_id": 1}), 404, "person-not-found")
    problem(api.post("/exports/nowhere", json={"kind": "zip"}), 404, "event-not-found")
    for body in ({}, {"kind": "tar"}, {"kind": "zip", "cluster_id": -1}, {"kind": "zip", "cluster_id": "x"}):
        problem(api.post(f"/exports/{event}", json=body), 422, "invalid-request")
    assert api.get(f"/exports/{event}").json() == []
