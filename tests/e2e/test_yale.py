"""165 photos of 15 people go in by either door; the people come out."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from seeding import Options, seed

from bench.scores import scores
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(300)


class Silent:
    """Nobody watches the seeding."""

    def begin(self, *_: object, **__: object) -> None: ...
    def notice(self, sentence: str) -> None: ...
    def result(self, result: object) -> None: ...
    def end(self, outcome: object) -> None: ...


def check_people(stack: Stack, rows: Sequence[dict[str, object]]) -> str:
    """The people are the subjects: the bounds are the promise, the figures go to the end of the run's output."""
    groups: list[object] = []
    subjects: list[str] = []
    with_a_face = 0
    for row in rows:
        faces = stack.get(f"/pics/{row['uuid']}")["faces"]
        with_a_face += bool(faces)
        for face in faces:
            # A face in no person stands for itself.
            groups.append(face["cluster_id"] if face["cluster_id"] != -1 else face["face_id"])
            subjects.append(str(row["name"]).split(".")[0])
    found = scores(groups, subjects)
    assert with_a_face >= 153
    assert found.bcubed >= 0.96
    assert found.precision >= 0.86
    return (
        f"{len(rows)} images, {with_a_face} with a face, {found.groups} people, "
        f"pairwise precision {found.precision:.3f}, recall {found.recall:.3f}, BCubed F {found.bcubed:.3f}"
    )


def test_yale_over_http_and_a_second_run_that_changes_nothing(
    stack: Stack, yale_zip: Path, record_property: Callable[[str, object], None]
) -> None:
    options = Options(photos=yale_zip, event_code="yale-http", api_url=stack.url, batch_size=15, delay=0)
    outcome = asyncio.run(seed(options, Silent()))
    assert outcome.there == 165
    rows = stack.wait_until_final("yale-http", 156, seconds=180)
    assert {row["status"] for row in rows} == {"encoded"}
    record_property("figure", f"Yale over HTTP: {check_people(stack, rows)}")
    people = stack.get("/clusters", event_code="yale-http")
    again = asyncio.run(seed(options, Silent()))
    assert again.there == 165
    assert [without_links(row) for row in stack.rows("yale-http")] == [without_links(row) for row in rows]
    assert [person["face_count"] for person in stack.get("/clusters", event_code="yale-http")] == [
        person["face_count"] for person in people
    ]


def test_yale_dropped_into_storage(
    stack: Stack, yale_zip: Path, record_property: Callable[[str, object], None]
) -> None:
    stack.create_event("yale-dropped")
    with zipfile.ZipFile(yale_zip) as photos, stack.photos as container:
        for name in photos.namelist():
            if name.endswith(".png"):
                container.upload_blob(f"yale-dropped/{name}", photos.read(name))
    rows = stack.wait_until_final("yale-dropped", 165, seconds=180)
    states = [row["status"] for row in rows]
    assert (states.count("encoded"), states.count("duplicate")) == (156, 9)
    encoded = [row for row in rows if row["status"] == "encoded"]
    record_property("figure", f"Yale dropped: {check_people(stack, encoded)}")


def without_links(row: dict[str, object]) -> dict[str, object]:
    """A row without its signed links, which are made anew."""
    return {key: value for key, value in row.items() if not key.endswith("_url")}
