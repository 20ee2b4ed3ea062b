"""A guest's ZIP: the photos that show the guest, without what they tell, for as long as all of them do."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kanta_core.database import exports, guests
from kanta_core.domain.access import ORGANISER, Scope, Token
from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.exports import Export, ExportKind, ExportStatus
from kanta_core.errors import ExportNotFound, NobodyFound, Unauthenticated
from kanta_core.pipeline.exports.requests import find_own_export, request_export, request_own_export
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.guests.erase import erase
from kanta_core.pipeline.people.correct import correct
from kanta_core.pipeline.sweep import sweep
from kanta_core.pipeline.tokens import make_token, revoke_token
from kanta_core.storage import names
from tests.pipeline.world import World

WHERE = "where it was taken"


def told(shade: int) -> bytes:
    """A picture that tells where it was taken."""
    info = PngInfo()
    info.add_text("Comment", WHERE)
    out = io.BytesIO()
    Image.new("L", (8, 8), shade).save(out, "PNG", pnginfo=info)
    return out.getvalue()


@pytest.fixture
def people(world: World, wedding: str) -> list[int]:
    """The numbers of three people, each in a photo of their own."""
    for number in range(3):
        world.drop(f"wedding/{number} of Ada.png", told(number))
        world.deliver(f"wedding/{number} of Ada.png")
    world.settle()
    found = world.query(
        "SELECT f.cluster_id FROM faces f JOIN images i ON i.id = f.image_id ORDER BY i.created_at"
    )
    return [number for (number,) in found]


def guest(world: World, people: Sequence[int]) -> Token:
    """The token of a guest who is these people."""
    token, _ = make_token(world.services, ORGANISER, "wedding", scopes=[Scope.GUEST], label=None, expires_at=None)
    if people:
        rows = world.query("SELECT cluster_id, id FROM faces WHERE cluster_id = ANY(%(p)s)", {"p": list(people)})
        with world.services.database.transaction() as connection:
            guests.bind(
                connection,
                token,
                {number: [face] for number, face in rows},
                consent_version="1",
                consented_at=datetime.now(UTC),
            )
    return token


def hide(world: World, number: int) -> None:
    seen = dict(world.query("SELECT cluster_id, revision FROM people"))
    hidden = Statement(kind=CorrectionKind.HIDE, cluster_id=number, hidden=True)
    correct(world.services, "wedding", hidden, seen=seen)


def shades(world: World, export: Export) -> list[int]:
    """What is in the ZIP: the shade of each picture."""
    data = world.container(names.EXPORTS).download_blob(export.blob_name).readall()
    assert WHERE.encode() not in data
    assert b"Ada" not in data
    with zipfile.ZipFile(io.BytesIO(data)) as found:
        assert found.testzip() is None
        pictures = [Image.open(io.BytesIO(found.read(name))) for name in found.namelist()]
        assert all(name.startswith("2026-05-01 14.03.22") for name in found.namelist())
    return sorted(int(str(picture.getpixel((0, 0)))) for picture in pictures)


def test_a_guest_gets_the_photos_that_show_them_and_nothing_they_tell(world: World, people: list[int]) -> None:
    token = guest(world, people[:2])
    export = request_own_export(world.services, token)
    assert request_own_export(world.services, token).id == export.id
    world.work()
    ready = find_own_export(world.services, token, export.id)
    assert (ready.status, ready.photos, ready.file_name) == (ExportStatus.READY, 2, "wedding-my-photos.zip")
    assert shades(world, ready) == [0, 1]
    # It is nobody else's, not even in the organisers' list.
    other = guest(world, people[:2])
    for somebody in (other, guest(world, people[2:])):
        with pytest.raises(ExportNotFound):
            find_own_export(world.services, somebody, export.id)
    with world.services.database.transaction() as connection:
        assert exports.page(connection, export.event_id, limit=10, offset=0) == []
        assert exports.get(connection, export.event_id, export.id) is None


def test_who_was_not_found_has_nothing_to_save(world: World, people: list[int]) -> None:
    token = guest(world, [])
    with pytest.raises(NobodyFound):
        request_own_export(world.services, token)
    with pytest.raises(ExportNotFound):
        find_own_export(world.services, token, uuid.uuid4())


def test_what_is_no_more_theirs_while_it_is_written_is_left_out(world: World, people: list[int]) -> None:
    world.services.settings = world.settings.model_copy(update={"export_part_seconds": 0})
    token = guest(world, people)
    export = request_own_export(world.services, token)
    write_export(world.services, export.id)
    hide(world, people[1])
    world.work()
    assert shades(world, find_own_export(world.services, token, export.id)) == [0, 2]


def test_a_zip_with_a_photo_that_is_no_more_theirs_is_gone_at_once(world: World, people: list[int]) -> None:
    token = guest(world, people)
    export = request_own_export(world.services, token)
    world.work()
    assert shades(world, find_own_export(world.services, token, export.id)) == [0, 1, 2]
    hide(world, people[1])
    for _ in range(2):
        assert find_own_export(world.services, token, export.id).status is ExportStatus.EXPIRED
    assert list(world.container(names.EXPORTS).list_blob_names()) == []
    again = request_own_export(world.services, token)
    world.work()
    assert shades(world, find_own_export(world.services, token, again.id)) == [0, 2]
    # Also where nobody asks for it: they may have its link.
    sweep(world.services)
    assert list(world.container(names.EXPORTS).list_blob_names()) == [again.blob_name]
    hide(world, people[2])
    sweep(world.services)
    assert list(world.container(names.EXPORTS).list_blob_names()) == []


@pytest.mark.parametrize("written", [False, True])
def test_a_guest_who_is_let_in_no_more_leaves_nothing(world: World, people: list[int], *, written: bool) -> None:
    token = guest(world, people)
    export = request_own_export(world.services, token)
    if written:
        write_export(world.services, export.id)
    revoke_token(world.services, "wedding", token.id)
    write_export(world.services, export.id)
    sweep(world.services)
    assert world.query("SELECT status::text, photos FROM exports") == [("expired", 3 if written else 0)]
    assert list(world.container(names.EXPORTS).list_blob_names()) == []
    with pytest.raises(Unauthenticated):
        request_own_export(world.services, token)


def test_who_asks_to_be_forgotten_is_in_no_export_and_webhooks_are_told(world: World, people: list[int]) -> None:
    services = world.services
    world.query(
        """INSERT INTO webhooks (event_id, url, kinds, secret)
           SELECT id, '', '{people.changed}', sha256('') FROM events RETURNING 1"""
    )
    of_people = [(ExportKind.ZIP, number) for number in people[:2]]
    kinds = [(ExportKind.CSV, None), *of_people, (ExportKind.ZIP, None)]
    ready = [request_export(services, "wedding", kind, cluster_id=person) for kind, person in kinds]
    world.work()
    pending = [request_export(services, "wedding", kind, cluster_id=person) for kind, person in kinds]
    erase(services, guest(world, people[:1]))
    world.work()
    sweep(services)
    states = dict(world.query("SELECT id, status::text FROM exports"))
    assert [states[export.id] for export in ready] == ["expired", "expired", "ready", "ready"]
    assert [states[export.id] for export in pending] == ["failed", "failed", "ready", "ready"]
    there = set(world.container(names.EXPORTS).list_blob_names())
    assert there == {export.blob_name for export in (*ready[2:], *pending[2:])}
    ((told,),) = world.query("SELECT data -> 'cluster_ids' FROM notices")
    assert people[0] in told
