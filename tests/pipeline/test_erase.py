"""Whoever asks to be forgotten is: nothing of their faces is left, and nothing brings them back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from kanta_core.database import tokens
from kanta_core.domain.access import ORGANISER, token_sha256
from kanta_core.domain.corrections import CorrectionKind
from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.errors import NobodyFound, StorageUnavailable, Unauthenticated
from kanta_core.pipeline.guests.erase import Receipt, erase
from kanta_core.pipeline.guests.links import GuestLink, make_link
from kanta_core.pipeline.people.recluster import recluster
from kanta_core.pipeline.people.search import find_people
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.storage.names import crop_name
from tests.pipeline import truth
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

CODE = "wedding"
ANNA, ANNA_TOO, BEN, BOTH = photo("anna"), photo("anna", take=2), photo("ben"), photo("anna", "ben")
ALBUM = {"a": ANNA, "copy of a": ANNA, "b": ANNA_TOO, "ben": BEN, "both": BOTH}
Made = Callable[..., Any]


@pytest.fixture
def party(world: World, wedding: str) -> Party:
    """An event with photos of Anna, Ben and both, one of them twice; the people are made."""
    for name, data in ALBUM.items():
        drop(world, name, data)
    its = Party(world, wedding)
    its.group()
    return its


def drop(world: World, name: str, data: bytes) -> None:
    world.drop(f"{CODE}/{name}", data)
    world.deliver(f"{CODE}/{name}")


def link_of(world: World, person: str) -> GuestLink:
    return make_link(world.services, ORGANISER, CODE, photo(person, take=99), consent=CONSENT_VERSION)


def forget(world: World, person: str) -> Receipt:
    return erase(world.services, link_of(world, person).token)


def people_in(world: World) -> dict[str, int]:
    """How many faces there are in each photo that has any."""
    rows = world.query("SELECT i.name, count(*) FROM images i JOIN faces f ON f.image_id = i.id GROUP BY 1")
    return dict(rows)


def number_of(world: World, data: bytes) -> int:
    """The person of the first face in these bytes."""
    ((number,),) = world.query(
        """SELECT f.cluster_id FROM faces f JOIN images i ON i.id = f.image_id
            WHERE i.sha256 = %(sha256)s ORDER BY f.x LIMIT 1""",
        {"sha256": hashlib.sha256(data).digest()},
    )
    return int(number)


def faces_of(world: World, number: int) -> set[Any]:
    found = world.query("SELECT id FROM faces WHERE cluster_id = %(number)s", {"number": number})
    return {face for (face,) in found}


def is_unknown(world: World, person: str) -> bool:
    found = find_people(world.services, CODE, photo(person, take=99), top_k=5)
    return not [each for each in found if each.probability > 0.1]


def test_the_receipt_says_what_went_and_that_is_gone(world: World, party: Party) -> None:
    anna = number_of(world, ANNA)
    hers = faces_of(world, anna)
    receipt = forget(world, "anna")
    assert (receipt.faces, receipt.crops, receipt.people, receipt.photos_stay) == (3, 3, 1, 3)
    assert receipt.consent_version == CONSENT_VERSION
    assert people_in(world) == {"ben": 1, "both": 1}
    assert is_unknown(world, "anna")
    assert not is_unknown(world, "ben")
    texts = [row for table, rows in world.rows().items() for row in rows if table != "doomed_blobs"]
    assert not [face for face in hers if any(str(face) in row for row in texts)]
    assert not [name for name in world.pictures.list_blob_names() if any(str(face) in name for face in hers)]
    assert world.query("SELECT FROM people WHERE cluster_id = %(n)s", {"n": anna}) == []
    # The photos stay.
    assert world.states(CODE) == {**dict.fromkeys(ALBUM, "encoded"), "copy of a": "duplicate"}
    assert {image.name: image.faces for image in world.images(CODE)} == {
        **dict.fromkeys(("a", "copy of a", "b"), 0),
        **dict.fromkeys(("ben", "both"), 1),
    }
    world.settle()
    truth.check(world)


def test_the_link_ends_and_with_it_what_tells_whose_it_was(world: World, party: Party) -> None:
    first, second, bens = link_of(world, "anna"), link_of(world, "anna"), link_of(world, "ben")
    receipt = erase(world.services, first.token)
    with pytest.raises(Unauthenticated):
        erase(world.services, first.token)
    with world.services.database.transaction() as connection:
        for link, good in ((first, False), (second, True), (bens, True)):
            sha256 = token_sha256(link.text)
            assert sha256 is not None
            assert (tokens.caller(connection, sha256) is not None) == good
    # Of her other link nothing is left to be shown or forgotten.
    assert {token for (token,) in world.query("SELECT token_id FROM guest_people")} == {bens.token.id}
    nothing = erase(world.services, second.token)
    assert (nothing.faces, nothing.people, nothing.photos_stay) == (0, 0, 0)
    kept = world.query(
        """SELECT token_id, consent_version, erased_at, erased_faces, erased_people FROM guest_links
            ORDER BY consented_at"""
    )
    assert kept[0] == (first.token.id, CONSENT_VERSION, receipt.erased_at, 3, 1)
    assert kept[2] == (bens.token.id, CONSENT_VERSION, None, None, None)


def test_nobody_is_forgotten_by_a_token_for_which_nobody_was_found(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    world.query("DELETE FROM guest_links RETURNING 1")
    before = world.rows()
    with pytest.raises(NobodyFound):
        erase(world.services, link.token)
    assert world.rows() == before


def test_what_was_stated_about_them_goes_and_what_is_said_of_others_stays(world: World, party: Party) -> None:
    drop(world, "carl", photo("carl"))
    drop(world, "carl too", photo("carl", take=2))
    party.group()
    anna, ben, carl = number_of(world, ANNA), number_of(world, BEN), number_of(world, photo("carl"))
    party.correct(kind=CorrectionKind.NAME, cluster_id=anna, name="Anna Apfel")
    party.correct(kind=CorrectionKind.NAME, cluster_id=ben, name="Ben Birne")
    (face,) = faces_in(world, ANNA_TOO)
    party.correct(kind=CorrectionKind.COVER, cluster_id=anna, face_ids=(face,))
    party.correct(kind=CorrectionKind.ONE_PERSON, cluster_id=anna)
    party.correct(kind=CorrectionKind.DIFFERENT_PEOPLE, cluster_id=anna, other_cluster_id=ben)
    party.correct(kind=CorrectionKind.DIFFERENT_PEOPLE, cluster_id=carl, other_cluster_id=ben)
    made = party.correct(kind=CorrectionKind.NOT_THIS_PERSON, cluster_id=anna, face_ids=(face,))
    alone = made.correction.statement.other_cluster_id
    assert alone is not None
    party.correct(kind=CorrectionKind.NAME, cluster_id=alone, name="Anna again")
    party.correct(kind=CorrectionKind.MERGE, cluster_id=alone, other_cluster_id=anna)
    receipt = forget(world, "anna")
    assert (receipt.faces, receipt.people) == (3, 1)
    left = world.query("SELECT kind::text, name, cluster_id, cardinality(face_ids) FROM corrections ORDER BY id")
    assert left == [
        ("name", "Ben Birne", ben, 0),
        ("different_people", None, anna, 0),
        ("different_people", None, carl, 2),
    ]
    assert not [row for rows in world.rows().values() for row in rows if "Anna" in row]
    world.settle()
    truth.check(world)
    assert world.query("SELECT name FROM people WHERE cluster_id = %(n)s", {"n": ben}) == [("Ben Birne",)]


def faces_in(world: World, *photos: bytes) -> set[Any]:
    hashes = [hashlib.sha256(data).digest() for data in photos]
    found = world.query(
        "SELECT f.id FROM faces f JOIN images i ON i.id = f.image_id WHERE i.sha256 = ANY(%(hashes)s)",
        {"hashes": hashes},
    )
    return {face for (face,) in found}


@pytest.mark.parametrize("shift", [0, 1, 9])
def test_they_do_not_come_back_when_the_photos_are_encoded_once_more(
    world: World, party: Party, shift: int
) -> None:
    forget(world, "anna")
    for world.encoder.version in ("scripted", "another"):
        world.encoder.shift = shift
        reencode(world.services, CODE)
        world.settle()
        assert people_in(world) == {"ben": 1, "both": 1}
        truth.check(world)
    assert is_unknown(world, "anna")


def test_they_do_not_come_back_with_an_heir_a_late_delivery_or_the_same_bytes(world: World, party: Party) -> None:
    forget(world, "anna")
    world.vanish(f"{CODE}/a")
    world.settle()
    assert world.states(CODE)["copy of a"] == "encoded"
    remove_image(world.services, CODE, world.image(f"{CODE}/b").id)
    drop(world, "b once more", ANNA_TOO)
    world.deliver(f"{CODE}/both")
    world.settle()
    assert world.states(CODE)["b once more"] == "encoded"
    assert people_in(world) == {"ben": 1, "both": 1}
    truth.check(world)


def test_they_do_not_come_back_with_what_is_being_encoded_meanwhile(world: World, party: Party) -> None:
    reencode(world.services, CODE)
    with world.encoding(f"{CODE}/both", BOTH):
        forget(world, "anna")
    world.settle()
    assert people_in(world) == {"ben": 1, "both": 1}
    truth.check(world)


def test_they_do_not_come_back_with_people_that_are_being_made_meanwhile(
    world: World, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kanta_core.pipeline.people import recluster as module  # noqa: PLC0415 - patched

    grouped = module._groups

    def overtaken(read: Any) -> Any:  # noqa: ANN401 - passed on
        forget(world, "anna")
        return grouped(read)

    world.query("UPDATE events SET faces_revision = faces_revision + 1 RETURNING 1")
    monkeypatch.setattr(module, "_groups", overtaken)
    recluster(world.services, party.event_id)
    monkeypatch.undo()
    world.settle()
    assert people_in(world) == {"ben": 1, "both": 1}
    truth.check(world)


def test_whoever_is_in_a_photo_that_comes_later_is_somebody_new(world: World, party: Party) -> None:
    anna = number_of(world, ANNA)
    forget(world, "anna")
    drop(world, "late", photo("anna", take=5))
    world.settle()
    assert number_of(world, photo("anna", take=5)) > anna
    assert forget(world, "anna").faces == 1


def test_faces_in_no_person_that_are_likely_theirs_are_forgotten_too(world: World, party: Party) -> None:
    world.encoder.blurred = frozenset({"anna", "dora"})
    drop(world, "blurred", photo("dora", "anna", take=7))
    party.group()
    world.query("""UPDATE faces SET cluster_id = -1, grouped_as = -1 WHERE quality < .5 RETURNING 1""")
    receipt = forget(world, "anna")
    assert (receipt.faces, receipt.people) == (4, 1)
    assert people_in(world) == {"ben": 1, "both": 1, "blurred": 1}


def test_somebody_hidden_is_forgotten_as_well(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    party.correct(kind=CorrectionKind.HIDE, cluster_id=number_of(world, ANNA), hidden=True)
    assert erase(world.services, link.token).faces == 3
    assert world.query("SELECT kind::text FROM corrections") == []


def test_pictures_that_storage_does_not_delete_now_are_deleted_by_the_sweep(
    world: World, party: Party, monkeypatch: pytest.MonkeyPatch
) -> None:
    hers = {
        crop_name(party.event_id, hashlib.sha256(data).digest(), face)
        for data in (ANNA, ANNA_TOO)
        for face in faces_in(world, data)
    }
    link = link_of(world, "anna")

    def unavailable(*_: object, **__: object) -> bool:
        raise StorageUnavailable

    monkeypatch.setattr(world.services.blobs, "delete", unavailable)
    assert erase(world.services, link.token).crops == 0
    monkeypatch.undo()
    assert hers <= set(world.pictures.list_blob_names())
    world.settle()
    assert not hers & set(world.pictures.list_blob_names())
    truth.check(world)


def test_whoever_organisers_told_apart_is_forgotten_where_their_faces_are_now(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    party.correct(
        kind=CorrectionKind.MOVE,
        face_ids=tuple(faces_in(world, ANNA, ANNA_TOO)),
        other_cluster_id=number_of(world, BEN),
    )
    party.correct(
        kind=CorrectionKind.SPLIT,
        cluster_id=number_of(world, BEN),
        face_ids=tuple(faces_in(world, ANNA, ANNA_TOO)),
    )
    assert erase(world.services, link.token).faces == 3
    assert people_in(world) == {"ben": 1, "both": 1}
