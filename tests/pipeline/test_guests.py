"""Whose photos a guest link shows: those of the human it was made for, at every moment, and nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kanta_core.database import guests
from kanta_core.domain.access import ORGANISER, Token
from kanta_core.domain.corrections import CorrectionKind
from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.errors import ConsentMissing, EventNotFound, ImageNotFound, NobodyFound, NoFace, SeveralFaces
from kanta_core.pipeline.guests.links import GuestLink, make_link, read_photo
from kanta_core.pipeline.people.correct import set_undone
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.pipeline.photos.remove import remove_image
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

CODE = "wedding"
# Who is in which photo.
ALBUM = {
    "anna.1": ["anna"],
    "anna.2": ["anna"],
    "anna.3": ["anna"],
    "both": ["anna", "ben"],
    "ben.1": ["ben"],
    "ben.2": ["ben"],
    "carl.1": ["carl"],
    "carl.2": ["carl"],
}


@pytest.fixture
def party(world: World, wedding: str) -> Party:
    """An event with photos of three people, who are made."""
    for name, people in ALBUM.items():
        drop(world, name, *people)
    its = Party(world, wedding)
    its.group()
    return its


def drop(world: World, name: str, *people: str) -> None:
    world.drop(f"{CODE}/{name}", photo(*people, take=hash_of(name)))
    world.deliver(f"{CODE}/{name}")


def hash_of(name: str) -> int:
    return sum(map(ord, name))


def link_of(world: World, *people: str, consent: str | None = CONSENT_VERSION) -> GuestLink:
    """A link for whoever shows a photo of these people that nobody has seen before."""
    return make_link(world.services, ORGANISER, CODE, photo(*people, take=99), consent=consent)


def shown(world: World, token: Token, *, everyone: bool = False) -> set[str]:
    """The names of the photos that a token shows, by the list as well as one by one."""
    with world.services.database.transaction() as connection:
        found = guests.page(connection, token, everyone=everyone, limit=1_000, after=None)
        assert guests.count_photos(connection, token, everyone=everyone) == len(found)
        listed = {each.id for each in found}
        one_by_one = {
            image.id for image in world.images(CODE) if guests.find_photo(connection, token, image.id) is not None
        }
    assert listed <= one_by_one
    assert everyone or listed == one_by_one
    return {image.name for image in world.images(CODE) if image.id in listed}


def photos_of(person: str) -> set[str]:
    return {name for name, people in ALBUM.items() if person in people}


def number_of(world: World, name: str) -> int:
    """The person of the one face, or of the first, in a photo."""
    ((number,),) = world.query(
        """SELECT f.cluster_id FROM faces f JOIN images i ON i.id = f.image_id
            WHERE i.name = %(name)s ORDER BY f.x LIMIT 1""",
        {"name": name},
    )
    return int(number)


def face_of(world: World, name: str) -> object:
    ((face,),) = world.query(
        "SELECT f.id FROM faces f JOIN images i ON i.id = f.image_id WHERE i.name = %(name)s ORDER BY f.x LIMIT 1",
        {"name": name},
    )
    return face


def test_a_link_shows_the_photos_of_whoever_it_was_made_for(world: World, party: Party) -> None:
    for person in ("anna", "ben", "carl"):
        link = link_of(world, person)
        assert shown(world, link.token) == photos_of(person)
        assert link.photos == len(photos_of(person))


def test_where_in_a_photo_one_is_is_told_of_oneself_alone(world: World, party: Party) -> None:
    with world.services.database.transaction() as connection:
        found = guests.page(connection, link_of(world, "ben").token, everyone=False, limit=10, after=None)
    # In the photo of both Anna is at the left edge, Ben beside her.
    assert sorted(box.x for each in found for box in each.own_faces) == [0, 0, 100]


def test_nobody_is_found_who_is_not_there_or_has_not_agreed(world: World, party: Party) -> None:
    before = world.rows()
    with pytest.raises(NobodyFound):
        link_of(world, "dora")
    for consent in (None, "", "2020-01-01", CONSENT_VERSION.upper() + " "):
        with pytest.raises(ConsentMissing):
            link_of(world, "anna", consent=consent)
    with pytest.raises(SeveralFaces):
        link_of(world, "anna", "ben")
    with pytest.raises(NoFace):
        link_of(world)
    with pytest.raises(EventNotFound):
        make_link(world.services, ORGANISER, "nowhere", photo("anna"), consent=CONSENT_VERSION)
    assert world.rows() == before


def test_what_a_guest_agreed_to_is_recorded_with_the_link(world: World, party: Party) -> None:
    since = datetime.now(UTC)
    link = link_of(world, "anna")
    ((token_id, version, when),) = world.query("SELECT token_id, consent_version, consented_at FROM guest_links")
    assert (token_id, version) == (link.token.id, CONSENT_VERSION)
    assert since <= when <= datetime.now(UTC)


def test_one_human_who_came_out_as_two_people_sees_the_photos_of_both(world: World, party: Party) -> None:
    anna = number_of(world, "anna.1")
    face = face_of(world, "anna.1")
    party.correct(kind=CorrectionKind.SPLIT, cluster_id=anna, face_ids=(face,))
    assert number_of(world, "anna.1") != number_of(world, "anna.2")
    assert shown(world, link_of(world, "anna").token) == photos_of("anna")


def test_faces_that_are_not_theirs_after_all_are_gone_at_once(world: World, party: Party) -> None:
    for kind in (CorrectionKind.NOT_THIS_PERSON, CorrectionKind.SPLIT):
        link = link_of(world, "anna")
        made = party.correct(
            kind=kind, cluster_id=number_of(world, "anna.1"), face_ids=(face_of(world, "anna.3"),)
        )
        assert shown(world, link.token) == photos_of("anna") - {"anna.3"}
        party.group()
        assert shown(world, link.token) == photos_of("anna") - {"anna.3"}
        set_undone(world.services, CODE, made.correction.id, undone=True)
        assert shown(world, link.token) == photos_of("anna")


def test_a_face_that_organisers_put_elsewhere_leaves_the_link_and_one_they_bring_comes_to_it(
    world: World, party: Party
) -> None:
    anna, carl = link_of(world, "anna"), link_of(world, "carl")
    face = face_of(world, "anna.2")
    party.correct(kind=CorrectionKind.MOVE, face_ids=(face,), other_cluster_id=number_of(world, "carl.1"))
    assert shown(world, anna.token) == photos_of("anna") - {"anna.2"}
    assert shown(world, carl.token) == photos_of("carl") | {"anna.2"}
    party.correct(kind=CorrectionKind.NEVER_GROUP, face_ids=(face,))
    assert shown(world, carl.token) == photos_of("carl")


def test_two_people_who_are_made_one_are_shown_as_one_until_that_is_undone(world: World, party: Party) -> None:
    anna, carl = link_of(world, "anna"), link_of(world, "carl")
    hers, his = number_of(world, "anna.1"), number_of(world, "carl.1")
    merged = party.correct(kind=CorrectionKind.MERGE, cluster_id=hers, other_cluster_id=his)
    for link in (anna, carl):
        assert shown(world, link.token) == photos_of("anna") | photos_of("carl")
    party.group()
    for link in (anna, carl):
        assert shown(world, link.token) == photos_of("anna") | photos_of("carl")
    set_undone(world.services, CODE, merged.correction.id, undone=True)
    assert shown(world, anna.token) == photos_of("anna")
    assert shown(world, carl.token) == photos_of("carl")


def test_a_link_does_not_stay_with_a_number_whose_faces_are_another_humans(world: World, party: Party) -> None:
    # Enough of hers to be found among his.
    for take in range(8):
        drop(world, f"more.{take}", "anna")
    party.group()
    hers = photos_of("anna") | {f"more.{take}" for take in range(8)}
    anna, ben = number_of(world, "anna.1"), number_of(world, "ben.1")
    merged = party.correct(kind=CorrectionKind.MERGE, cluster_id=anna, other_cluster_id=ben)
    link = link_of(world, "anna")
    assert shown(world, link.token) == hers | photos_of("ben")
    # The number is Ben's: once they are two again, it is not hers.
    set_undone(world.services, CODE, merged.correction.id, undone=True)
    assert shown(world, link.token) == set()
    assert shown(world, link_of(world, "anna").token) == hers


def test_where_ones_photos_are_deleted_one_does_not_become_whom_one_was_split_from(
    world: World, party: Party
) -> None:
    faces = (face_of(world, "both"), face_of(world, "anna.3"))
    party.correct(kind=CorrectionKind.MOVE, face_ids=faces, other_cluster_id=number_of(world, "carl.1"))
    apart = party.correct(kind=CorrectionKind.SPLIT, cluster_id=number_of(world, "carl.1"), face_ids=faces)
    link = link_of(world, "anna")
    number = apart.correction.statement.other_cluster_id
    world.query("DELETE FROM guest_people WHERE cluster_id <> %(number)s RETURNING 1", {"number": number})
    assert shown(world, link.token) == {"both", "anna.3"}
    for name in ("both", "anna.3"):
        remove_image(world.services, CODE, world.image(f"{CODE}/{name}").id)
    party.group()
    ((goes_on,),) = world.query("SELECT goes_on_as FROM people WHERE cluster_id = %(n)s", {"n": number})
    assert goes_on == number_of(world, "carl.1")
    assert shown(world, link.token) == set()


def test_hidden_people_are_shown_to_nobody(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    anna = number_of(world, "anna.1")
    party.correct(kind=CorrectionKind.HIDE, cluster_id=anna, hidden=True)
    assert shown(world, link.token) == set()
    with pytest.raises(NobodyFound):
        link_of(world, "anna")
    party.correct(kind=CorrectionKind.HIDE, cluster_id=anna, hidden=False)
    assert shown(world, link.token) == photos_of("anna")


def test_photos_that_come_and_go_come_and_go(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    drop(world, "late", "anna", "dora")
    world.settle()
    assert shown(world, link.token) == photos_of("anna") | {"late"}
    remove_image(world.services, CODE, world.image(f"{CODE}/anna.1").id)
    assert shown(world, link.token) == photos_of("anna") - {"anna.1"} | {"late"}
    assert world.image(f"{CODE}/anna.2").status == "encoded"
    # The same bytes under another name are the same photo.
    world.drop(f"{CODE}/copy", photo("anna", take=hash_of("anna.2")))
    world.deliver(f"{CODE}/copy")
    assert shown(world, link.token) == photos_of("anna") - {"anna.1"} | {"late"}
    world.vanish(f"{CODE}/anna.2")
    world.settle()
    assert shown(world, link.token) == photos_of("anna") - {"anna.1", "anna.2"} | {"late", "copy"}


def test_a_link_goes_on_when_another_encoder_looks_at_the_photos(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    world.encoder.version, world.encoder.shift = "another", 7
    reencode(world.services, CODE)
    world.settle()
    assert {encoder for (encoder,) in world.query("SELECT encoder FROM faces")} == {"another"}
    assert shown(world, link.token) == photos_of("anna")


def test_a_photo_that_was_overwritten_a_moment_ago_is_none_of_theirs(world: World, party: Party) -> None:
    link = link_of(world, "anna")
    image = world.image(f"{CODE}/anna.1")
    world.drop(f"{CODE}/anna.1", photo("carl", take=3))
    with pytest.raises(ImageNotFound):
        read_photo(world.services, link.token, image.id, turn=world.services.turn)


def test_where_guests_see_everything_a_link_shows_every_photo_but_only_for_as_long(
    world: World, party: Party
) -> None:
    link = link_of(world, "anna")
    assert shown(world, link.token, everyone=True) == photos_of("anna")
    world.query("UPDATE events SET guests_see = 'everything' RETURNING 1")
    assert shown(world, link.token, everyone=True) == set(ALBUM)
    world.query("UPDATE events SET guests_see = 'themselves' RETURNING 1")
    assert shown(world, link.token, everyone=True) == photos_of("anna")
