"""Exports: photos as a ZIP, faces as a table, written in the background, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from datetime import datetime

import pytest

from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.exports import ExportStatus
from kanta_core.errors import EventNotFound, PersonNotFound, StorageUnavailable
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.people.correct import correct
from kanta_core.pipeline.photos.remove import remove_event
from kanta_core.pipeline.sweep import sweep
from kanta_core.storage import names
from kanta_core.storage.queues import Queues
from tests.pipeline.exporting import (
    CSV,
    JSON,
    PHOTOS,
    ZIP,
    asked,
    content,
    in_storage,
    number_of,
    of_name,
    state,
    unzipped,
)
from tests.pipeline.world import World


def test_a_zip_has_every_photo_as_it_came_under_a_name_of_its_own(world: World, album: str) -> None:
    world.drop("wedding/copy.jpg", PHOTOS["IMG_1.jpg"])
    world.drop("wedding/note.txt", b"no photo")
    world.settle()
    export = asked(world, album, ZIP)
    assert (export.status, export.photos) == (ExportStatus.PENDING, 0)
    world.work()
    found = unzipped(content(world, export))
    third = f"evening/img_1 {of_name(world, 'evening/img_1.JPG').hex[:8]}.JPG"
    assert found == {
        "IMG_1.jpg": PHOTOS["IMG_1.jpg"],
        "evening/IMG_1.jpg": PHOTOS["evening/IMG_1.jpg"],
        third: PHOTOS["evening/img_1.JPG"],
    }
    assert state(world, export) == ("ready", 3, None)
    with zipfile.ZipFile(io.BytesIO(content(world, export))) as its:
        assert {info.date_time for info in its.infolist()} == {(2026, 5, 1, 14, 3, 22)}


def test_a_persons_zip_has_that_persons_photos_whoever_else_is_in_them(world: World, album: str) -> None:
    ben = number_of(world, "evening/img_1.JPG")
    export = asked(world, album, ZIP, ben)
    world.work()
    assert set(unzipped(content(world, export)).values()) == {
        PHOTOS["evening/IMG_1.jpg"],
        PHOTOS["evening/img_1.JPG"],
    }
    with pytest.raises(PersonNotFound):
        asked(world, album, ZIP, 4711)
    with pytest.raises(EventNotFound):
        asked(world, "nowhere", ZIP)


def test_a_person_who_became_another_meanwhile_is_followed(world: World, album: str) -> None:
    anna, ben = number_of(world, "IMG_1.jpg"), number_of(world, "evening/img_1.JPG")
    export = asked(world, album, ZIP, ben)
    merge = Statement(kind=CorrectionKind.MERGE, cluster_id=anna, other_cluster_id=ben)
    revisions = dict(world.query("SELECT cluster_id, revision FROM people"))
    correct(world.services, album, merge, seen=revisions)
    world.work()
    assert len(unzipped(content(world, export))) == 3


def test_what_is_being_written_is_not_begun_twice(world: World, album: str) -> None:
    person = number_of(world, "IMG_1.jpg")
    all_of_it, again = asked(world, album, ZIP), asked(world, album, ZIP)
    others = [asked(world, album, CSV), asked(world, album, ZIP, person)]
    assert all_of_it.id == again.id
    assert len({export.id for export in (all_of_it, *others)}) == 3
    assert len(world.received(names.EXPORT_QUEUE)) == 3
    write_export(world.services, all_of_it.id)
    assert asked(world, album, ZIP).id != all_of_it.id


def test_an_export_that_can_not_be_queued_is_not_there(
    world: World, album: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(Queues, "send", down)
    with pytest.raises(StorageUnavailable):
        asked(world, album, ZIP)
    assert world.query("SELECT FROM exports") == []


def test_a_ready_export_goes_with_its_event(world: World, album: str) -> None:
    export = asked(world, album, ZIP)
    write_export(world.services, export.id)
    assert list(in_storage(world).list_blob_names()) == [export.blob_name]
    remove_event(world.services, album)
    assert list(in_storage(world).list_blob_names()) == []


def test_after_a_day_it_expires_and_its_blob_goes(world: World, album: str) -> None:
    export, other, young = asked(world, album, ZIP), asked(world, album, CSV), asked(world, album, JSON)
    world.work()
    in_storage(world).upload_blob(f"{export.event_id}/{uuid.uuid4()}", b"nobody's")
    in_storage(world).upload_blob("stray", b"nobody's")
    ((life,),) = world.query(
        "SELECT extract(epoch FROM expires_at - clock_timestamp())::float8 FROM exports WHERE id = %(id)s",
        {"id": export.id},
    )
    assert 86_000 < life <= 86_400
    world.query(
        "UPDATE exports SET expires_at = clock_timestamp() WHERE id = ANY(%(ids)s) RETURNING 1",
        {"ids": [export.id, other.id]},
    )
    sweep(world.services)
    assert [state(world, each)[0] for each in (export, other, young)] == ["expired", "expired", "ready"]
    assert list(in_storage(world).list_blob_names()) == [young.blob_name]
    world.query("UPDATE exports SET created_at = created_at - interval '31 days' RETURNING 1")
    sweep(world.services)
    assert world.query("SELECT id FROM exports") == [(young.id,)]


COLUMNS = "face_id,image_uuid,photo,taken_at,created_at,cluster_id,person,hidden,x,y,width,height,score,quality"


def test_a_csv_has_a_row_for_each_face_and_nothing_a_spreadsheet_calculates(world: World, album: str) -> None:
    anna = number_of(world, "IMG_1.jpg")
    world.query("UPDATE people SET name = %(n)s WHERE cluster_id = %(a)s RETURNING 1", {"n": "=1+1", "a": anna})
    world.query("UPDATE images SET name = '@SUM(a)' WHERE name = 'IMG_1.jpg' RETURNING 1")
    export = asked(world, album, CSV)
    world.work()
    text = content(world, export).decode("utf-8-sig")
    assert text.split("\r\n")[0] == COLUMNS
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["photo"], row["x"]) for row in rows] == [
        ("'@SUM(a)", "0"),
        ("evening/IMG_1.jpg", "0"),
        ("evening/IMG_1.jpg", "100"),
        ("evening/img_1.JPG", "0"),
    ]
    assert [row["person"] for row in rows] == ["'=1+1", "'=1+1", "", ""]
    assert rows[0]["taken_at"] == "2026-05-01T14:03:22"
    assert datetime.fromisoformat(rows[0]["created_at"]).tzinfo is not None
    known = {str(face) for (face,) in world.query("SELECT id FROM faces")}
    assert {row["face_id"] for row in rows} == known
    assert state(world, export) == ("ready", 3, None)


def test_json_has_people_and_faces_of_the_event_or_of_one_person(world: World, album: str) -> None:
    anna, ben = number_of(world, "IMG_1.jpg"), number_of(world, "evening/img_1.JPG")
    world.query("UPDATE people SET name = 'Zoë ''\"' WHERE cluster_id = %(a)s RETURNING 1", {"a": anna})
    everything, one = asked(world, album, JSON), asked(world, album, JSON, ben)
    world.work()
    found = json.loads(content(world, everything))
    assert found["event_code"] == album
    assert found["people"] == [
        {"cluster_id": anna, "name": "Zoë '\"", "hidden": False, "faces": 2, "photos": 2},
        {"cluster_id": ben, "name": None, "hidden": False, "faces": 2, "photos": 2},
    ]
    assert [face["cluster_id"] for face in found["faces"]] == [anna, anna, ben, ben]
    assert list(found["faces"][0]) == COLUMNS.split(",")
    of_ben = json.loads(content(world, one))
    assert [face["face_id"] for face in of_ben["faces"]] == [face["face_id"] for face in found["faces"][2:]]
    assert state(world, one) == ("ready", 2, None)


def test_an_event_with_nothing_in_it_can_be_exported(world: World, wedding: str) -> None:
    exports = [asked(world, wedding, kind) for kind in (ZIP, CSV, JSON)]
    world.work()
    as_zip, as_csv, as_json = (content(world, export) for export in exports)
    assert unzipped(as_zip) == {}
    assert as_csv.decode("utf-8-sig") == f"{COLUMNS}\r\n"
    assert json.loads(as_json) == {"event_code": wedding, "people": [], "faces": []}
