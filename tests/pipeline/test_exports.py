"""Exports: photos as a ZIP, faces as a table, written in the background, whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
import uuid
import zipfile
from collections.abc import Callable
from datetime import datetime

import pytest
from azure.storage.blob import ContainerClient

from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.exports import Export, ExportKind, ExportStatus
from kanta_core.errors import BlocksLost, EventNotFound, PersonNotFound, StorageUnavailable
from kanta_core.pipeline.correct import correct
from kanta_core.pipeline.exports import give_up_export, request_export, sweep_exports
from kanta_core.pipeline.remove import remove_event, remove_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.pipeline.write_export import write_export
from kanta_core.storage import names
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.queues import Queues
from tests.pipeline.scripted import JPEG as START
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

ZIP, CSV, JSON = ExportKind.ZIP, ExportKind.CSV, ExportKind.JSON


def jpeg(*people: str, take: int = 1) -> bytes:
    """A photo of these people that begins as a JPEG does."""
    return START + photo(*people, take=take)


@pytest.fixture
def party(world: World, wedding: str) -> str:
    """An event with three photos: Anna's, Ben's, and one of both."""
    for name, data in PHOTOS.items():
        world.drop(f"wedding/{name}", data)
        world.deliver(f"wedding/{name}")
    world.settle()
    return wedding


PHOTOS = {
    "IMG_1.jpg": jpeg("anna"),
    "evening/IMG_1.jpg": jpeg("anna", "ben"),
    "evening/img_1.JPG": jpeg("ben", take=2),
}


def asked(world: World, code: str, kind: ExportKind, person: int | None = None) -> Export:
    return request_export(world.services, code, kind, cluster_id=person)


def state(world: World, export: Export) -> tuple[str, int, str | None]:
    """Status, number of photos, reason."""
    ((status, photos, reason),) = world.query(
        "SELECT status::text, photos, reason FROM exports WHERE id = %(id)s", {"id": export.id}
    )
    return status, photos, reason


def in_storage(world: World) -> ContainerClient:
    return world.container(names.EXPORTS)


def content(world: World, export: Export) -> bytes:
    assert state(world, export)[0] == "ready"
    found = in_storage(world).download_blob(export.blob_name).readall()
    ((size,),) = world.query("SELECT size FROM exports WHERE id = %(id)s", {"id": export.id})
    assert len(found) == size
    return found


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        return {name: found.read(name) for name in found.namelist()}


def of_name(world: World, name: str) -> uuid.UUID:
    return next(image.id for image in world.images("wedding") if image.name == name)


def number_of(world: World, name: str) -> int:
    """The person's number of the only face of the photo of this name."""
    ((number,),) = world.query(
        "SELECT cluster_id FROM faces WHERE image_id = %(id)s", {"id": of_name(world, name)}
    )
    return int(number)


def test_a_zip_has_every_photo_as_it_came_under_a_name_of_its_own(world: World, party: str) -> None:
    world.drop("wedding/copy.jpg", PHOTOS["IMG_1.jpg"])
    world.drop("wedding/note.txt", b"no photo")
    world.settle()
    export = asked(world, party, ZIP)
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


def test_a_persons_zip_has_that_persons_photos_whoever_else_is_in_them(world: World, party: str) -> None:
    ben = number_of(world, "evening/img_1.JPG")
    export = asked(world, party, ZIP, ben)
    world.work()
    assert set(unzipped(content(world, export)).values()) == {
        PHOTOS["evening/IMG_1.jpg"],
        PHOTOS["evening/img_1.JPG"],
    }
    with pytest.raises(PersonNotFound):
        asked(world, party, ZIP, 4711)
    with pytest.raises(EventNotFound):
        asked(world, "nowhere", ZIP)


def test_a_person_who_became_another_meanwhile_is_followed(world: World, party: str) -> None:
    anna, ben = number_of(world, "IMG_1.jpg"), number_of(world, "evening/img_1.JPG")
    export = asked(world, party, ZIP, ben)
    merge = Statement(kind=CorrectionKind.MERGE, cluster_id=anna, other_cluster_id=ben)
    revisions = dict(world.query("SELECT cluster_id, revision FROM people"))
    correct(world.services, party, merge, seen=revisions)
    world.work()
    assert len(unzipped(content(world, export))) == 3


def test_what_is_being_written_is_not_begun_twice(world: World, party: str) -> None:
    person = number_of(world, "IMG_1.jpg")
    all_of_it, again = asked(world, party, ZIP), asked(world, party, ZIP)
    others = [asked(world, party, CSV), asked(world, party, ZIP, person)]
    assert all_of_it.id == again.id
    assert len({export.id for export in (all_of_it, *others)}) == 3
    assert len(world.received(names.EXPORT_QUEUE)) == 3
    write_export(world.services, all_of_it.id)
    assert asked(world, party, ZIP).id != all_of_it.id


def test_an_export_that_can_not_be_queued_is_not_there(
    world: World, party: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object) -> None:
        raise StorageUnavailable

    monkeypatch.setattr(Queues, "send", down)
    with pytest.raises(StorageUnavailable):
        asked(world, party, ZIP)
    assert world.query("SELECT FROM exports") == []


def test_a_long_export_is_written_in_parts_and_is_the_same(world: World, party: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    exports = [asked(world, party, kind) for kind in (ZIP, CSV, JSON)]
    parts = 0
    while messages := world.received(names.EXPORT_QUEUE):
        for message in messages:
            # Whatever a worker knew is lost with it.
            write_export(world.services, uuid.UUID(message["export_id"]))
            parts += 1
    # One for each photo, one for each table's page, and each one's end.
    assert parts == 4 + 2 + 2
    in_parts = [content(world, export) for export in exports]
    world.services.settings = world.settings
    at_once = [asked(world, party, kind) for kind in (ZIP, CSV, JSON)]
    world.work()
    assert in_parts == [content(world, export) for export in at_once]
    assert len(unzipped(in_parts[0])) == 3


def test_delivered_twice_it_is_the_same_and_nothing_is_written_again(world: World, party: str) -> None:
    export = asked(world, party, ZIP)
    write_export(world.services, export.id)
    before, etag = world.rows(), in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag
    for _ in range(2):
        write_export(world.services, export.id)
        give_up_export(world.services, export.id)
    assert world.rows() == before
    assert in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag == etag


class Killed(BaseException):
    """What ends a process where it stands."""


def test_killed_anywhere_the_next_delivery_writes_it(
    world: World, party: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call to storage is cut off before it and after it, whole or in parts."""
    cut = 0
    for part_seconds in (240, 0):
        for name in ("read", "stage", "commit"):
            for after in (False, True):
                world.services.settings = world.settings.model_copy(update={"export_part_seconds": part_seconds})
                export = asked(world, party, ZIP)
                world.received(names.EXPORT_QUEUE)
                with monkeypatch.context() as patched:
                    calls = dying(patched, name, after=after)
                    while state(world, export)[0] == "pending" and not calls:
                        try:
                            write_export(world.services, export.id)
                        except Killed:
                            cut += 1
                # The host brings the message again.
                while state(world, export)[0] == "pending":
                    write_export(world.services, export.id)
                assert sorted(unzipped(content(world, export)).values()) == sorted(PHOTOS.values())
                world.received(names.EXPORT_QUEUE)
    assert cut == 12


def dying(patched: pytest.MonkeyPatch, name: str, *, after: bool) -> list[str]:
    """Have the first call end in a kill; the list says whether it did."""
    real = getattr(Blobs, name)
    calls: list[str] = []

    def call(self: Blobs, *given: object, **options: object) -> object:
        if calls:
            return real(self, *given, **options)
        calls.append(name)
        if after:
            real(self, *given, **options)
        raise Killed

    patched.setattr(Blobs, name, call)
    return calls


def test_of_two_who_write_it_at_once_the_later_one_does(
    world: World, party: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = asked(world, party, ZIP)
    real = Blobs.read
    overtaken: list[str] = []

    def slow(self: Blobs, name: str, *, at_most: int) -> object:
        if not overtaken:
            overtaken.append(name)
            write_export(world.worker(), export.id)
            assert state(world, export)[0] == "ready"
            etags.append(in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag)
        return real(self, name, at_most=at_most)

    etags: list[str] = []
    monkeypatch.setattr(Blobs, "read", slow)
    write_export(world.services, export.id)
    assert [in_storage(world).get_blob_client(export.blob_name).get_blob_properties().etag] == etags
    assert len(unzipped(content(world, export))) == 3


def test_blocks_that_storage_lost_are_written_anew(world: World, party: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    export = asked(world, party, ZIP)
    write_export(world.services, export.id)
    # What is not in the list is dropped; after a week it is dropped anyway.
    in_storage(world).get_blob_client(export.blob_name).commit_block_list([])
    with pytest.raises(BlocksLost):
        world.work()
    # The host brings the message again.
    write_export(world.services, export.id)
    world.work()
    assert len(unzipped(content(world, export))) == 3


def test_photos_that_go_meanwhile_are_passed_over(world: World, party: str) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    export = asked(world, party, ZIP)
    write_export(world.services, export.id)
    remove_image(world.services, party, of_name(world, "evening/IMG_1.jpg"))
    # Overwritten, and nobody has looked at it since.
    world.drop("wedding/evening/img_1.JPG", jpeg("cara"))
    world.work()
    assert list(unzipped(content(world, export))) == ["IMG_1.jpg"]
    assert state(world, export) == ("ready", 1, None)


@pytest.mark.parametrize("when", ["before", "while", "at the end"])
def test_an_event_that_is_deleted_meanwhile_ends_it_and_nothing_is_left(
    world: World, party: str, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    export = asked(world, party, ZIP)
    if when == "before":
        remove_event(world.services, party)
    else:
        name = "read" if when == "while" else "commit"
        real = getattr(Blobs, name)

        def call(self: Blobs, *given: object, **options: object) -> object:
            if world.event(party):
                remove_event(world.services, party)
            return real(self, *given, **options)

        monkeypatch.setattr(Blobs, name, call)
    write_export(world.services, export.id)
    assert list(in_storage(world).list_blob_names()) == []
    assert world.query("SELECT FROM exports") == []


def test_a_ready_export_goes_with_its_event(world: World, party: str) -> None:
    export = asked(world, party, ZIP)
    write_export(world.services, export.id)
    assert list(in_storage(world).list_blob_names()) == [export.blob_name]
    remove_event(world.services, party)
    assert list(in_storage(world).list_blob_names()) == []


def test_given_up_it_says_why_and_can_be_asked_for_again(
    world: World, party: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def down(*_: object, **__: object) -> None:
        raise StorageUnavailable("The storage answered 503.")

    export = asked(world, party, ZIP)
    with monkeypatch.context() as patched:
        patched.setattr(Blobs, "commit", down)
        for _ in range(5):
            with pytest.raises(StorageUnavailable):
                write_export(world.services, export.id)
    give_up_export(world.services, export.id)
    assert state(world, export) == ("failed", 3, "The storage answered 503.")
    again = asked(world, party, ZIP)
    assert again.id != export.id
    world.work()
    assert state(world, again)[0] == "ready"
    assert state(world, export)[0] == "failed"


def test_after_a_day_it_expires_and_its_blob_goes(world: World, party: str) -> None:
    export, other, young = asked(world, party, ZIP), asked(world, party, CSV), asked(world, party, JSON)
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


def test_one_whose_message_got_lost_is_queued_again_and_not_before(world: World, party: str) -> None:
    export = asked(world, party, ZIP)
    world.received(names.EXPORT_QUEUE)
    sweep_exports(world.services)
    assert world.received(names.EXPORT_QUEUE) == []
    world.query("UPDATE exports SET queued_at = queued_at - interval '16 min' RETURNING 1")
    for _ in range(2):
        sweep_exports(world.services)
    assert world.received(names.EXPORT_QUEUE) == [{"export_id": str(export.id)}]


COLUMNS = "face_id,image_uuid,photo,taken_at,created_at,cluster_id,person,hidden,x,y,width,height,score,quality"


def test_a_csv_has_a_row_for_each_face_and_nothing_a_spreadsheet_calculates(world: World, party: str) -> None:
    anna = number_of(world, "IMG_1.jpg")
    world.query("UPDATE people SET name = %(n)s WHERE cluster_id = %(a)s RETURNING 1", {"n": "=1+1", "a": anna})
    world.query("UPDATE images SET name = '@SUM(a)' WHERE name = 'IMG_1.jpg' RETURNING 1")
    export = asked(world, party, CSV)
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


def test_json_has_people_and_faces_of_the_event_or_of_one_person(world: World, party: str) -> None:
    anna, ben = number_of(world, "IMG_1.jpg"), number_of(world, "evening/img_1.JPG")
    world.query("UPDATE people SET name = 'Zoë ''\"' WHERE cluster_id = %(a)s RETURNING 1", {"a": anna})
    everything, one = asked(world, party, JSON), asked(world, party, JSON, ben)
    world.work()
    found = json.loads(content(world, everything))
    assert found["event_code"] == party
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


def test_memory_stays_what_it_is_however_many_photos_there_are(
    world: World, wedding: str, record_property: Callable[[str, object], None]
) -> None:
    def peak_of(photos: int) -> int:
        """Bytes that writing the ZIP takes at most, with so many photos of a megabyte."""
        for number in range(photos):
            name = f"wedding/{uuid.uuid4()}"
            etag = world.drop(name, START + number.to_bytes(4, "big") * 250_000)
            world.query(
                """INSERT INTO images (event_id, blob_name, name, etag, sha256, status, width, height, encoder)
                   SELECT id, %(name)s, 'IMG.jpg', %(etag)s, sha256(%(name)s::text::bytea), 'encoded', 1, 1, 'x'
                     FROM events RETURNING 1""",
                {"name": name, "etag": etag},
            )
        export = asked(world, wedding, ZIP)
        world.received(names.EXPORT_QUEUE)
        tracemalloc.start()
        try:
            write_export(world.services, export.id)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(unzipped(content(world, export))) == len(world.images(wedding))
        return peak

    few, many = peak_of(12), peak_of(36)
    record_property("figure", f"a ZIP of 12 MB takes {few / 1e6:.1f} MB of memory, one of 48 MB {many / 1e6:.1f}")
    assert many < 1.1 * few
    assert many < 40e6
