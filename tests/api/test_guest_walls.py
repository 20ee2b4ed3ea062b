"""No guest token ever reaches a photo outside its matches, whatever happens to the event and whatever is asked."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from pydantic import SecretStr

from kanta_core.api.app import create_app
from kanta_core.domain.corrections import CorrectionKind
from kanta_core.domain.faces import NO_PERSON
from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.errors import KantaError
from kanta_core.pipeline.people.correct import set_undone
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.settings import Settings
from tests.api.client import Api
from tests.api.credentials import KEY, bearer
from tests.api.operations import GUARDED, NOTHING
from tests.pipeline.party import Party
from tests.pipeline.scripted import photo
from tests.pipeline.world import World

CODE = "wedding"
HUMANS = ("anna", "ben", "carl", "dora", "emil")
ACTS = 20
MOST_LINKS = 4
# What says that it is not there. What may be seen is answered otherwise: a scripted photo can't be shown.
ABSENT = 404


@dataclass
class Guest:
    """Somebody with a link, and the faces that said who they are when it was made."""

    human: str
    token: str
    id: uuid.UUID
    said_so: set[uuid.UUID]
    live: bool = True


@dataclass
class Game:
    """A closed Kanta in which anything may happen, by chance."""

    world: World
    api: Api
    chance: random.Random
    party: Party
    guests: list[Guest] = field(default_factory=list)
    everything: bool = False
    taken: int = 0
    # How often a guest saw something, and how often something was refused.
    seen: int = 0
    refused: int = 0

    def photograph(self) -> None:
        self.taken += 1
        people = self.chance.sample(HUMANS, self.chance.choice((1, 1, 2, 3)))
        name = f"{CODE}/{self.taken}"
        self.world.drop(name, photo(*people, take=self.taken))
        self.world.deliver(name)

    def group(self) -> None:
        self.party.group()

    def correct(self) -> None:
        # There may be too few people for it, or a statement of this kind makes no sense of them.
        with suppress(KantaError, ValueError):
            self.party.correct_at_random(self.chance)

    def correct_a_guest(self) -> None:
        """Something is stated about a person that a guest is, above all about the faces that said so."""
        members = self.party.members()
        told = [
            (number, tuple(face for face in faces if face in guest.said_so), faces)
            for guest in self.guests
            for number, faces in members.items()
            if guest.live and guest.said_so & set(faces)
        ]
        if not told:
            return
        number, said_so, faces = self.chance.choice(told)
        others = [other for other in members if other != number]
        some = said_so if self.chance.random() < 0.7 else tuple(self.chance.sample(faces, 1))
        statements: list[dict[str, Any]] = [
            {"kind": CorrectionKind.HIDE, "cluster_id": number, "hidden": True},
            {"kind": CorrectionKind.HIDE, "cluster_id": number, "hidden": False},
            {"kind": CorrectionKind.NOT_THIS_PERSON, "cluster_id": number, "face_ids": some},
            {"kind": CorrectionKind.SPLIT, "cluster_id": number, "face_ids": some},
            {"kind": CorrectionKind.MOVE, "face_ids": some, "other_cluster_id": self.chance.choice(others)},
            {"kind": CorrectionKind.MERGE, "cluster_id": number, "other_cluster_id": self.chance.choice(others)},
        ]
        with suppress(KantaError):
            self.party.correct(**self.chance.choice(statements))

    def undo(self) -> None:
        made = self.world.query("SELECT id FROM corrections")
        if made:
            set_undone(self.world.services, CODE, self.chance.choice(made)[0], undone=self.chance.random() < 0.7)

    def remove(self) -> None:
        remove_image(self.world.services, CODE, self.chance.choice(self.world.images(CODE)).id)

    def choose(self) -> None:
        """The organiser decides what guests see."""
        self.everything = not self.everything
        sees = "everything" if self.everything else "themselves"
        changed = self.api.put("/events", json={"event_code": CODE, "guests_see": sees}, headers=bearer(KEY))
        assert changed.json()["guests_see"] == sees

    def join(self) -> None:
        if len(self.guests) == MOST_LINKS:
            return
        human = self.chance.choice(HUMANS)
        sent = {"image": photo(human, take=1_000 + self.taken), "consent": CONSENT_VERSION.encode()}
        made = self.api.post(f"/guest-links?event_code={CODE}", files=sent, headers=bearer(self.invitation()))
        if made.status_code == ABSENT:
            return
        ((token_id,),) = self.world.query("SELECT token_id FROM guest_links ORDER BY consented_at DESC LIMIT 1")
        faces = self.world.query(
            "SELECT unnest(face_ids) FROM guest_people WHERE token_id = %(id)s", {"id": token_id}
        )
        said_so = {face for (face,) in faces}
        # They were found by faces of their own, whomever organisers take these for.
        assert said_so <= self.faces_of(human)
        self.guests.append(Guest(human, made.json()["token"], token_id, said_so))

    def invitation(self) -> str:
        made = self.api.post(f"/invitations/{CODE}", json={}, headers=bearer(KEY)).json()
        return str(made["url"].partition("#")[2])

    def revoke(self) -> None:
        if self.guests:
            guest = self.chance.choice(self.guests)
            self.api.delete(f"/tokens/{CODE}/{guest.id}", headers=bearer(KEY)).raise_for_status()
            guest.live = False

    def forget(self) -> None:
        live = [guest for guest in self.guests if guest.live]
        if live:
            guest = self.chance.choice(live)
            before = self.people()
            may = {number for face, number in before.items() if face in guest.said_so}
            theirs = {face for face, number in before.items() if number in may - {NO_PERSON}}
            theirs |= self.faces_of(guest.human)
            receipt = self.api.post("/me/erasure", headers=bearer(guest.token)).json()
            gone = before.keys() - self.people().keys()
            assert receipt["faces"] == len(gone)
            assert guest.said_so & before.keys() <= gone <= theirs
            guest.live = False

    def people(self) -> dict[uuid.UUID, int]:
        return dict(self.world.query("SELECT id, cluster_id FROM faces"))

    def faces_of(self, human: str) -> set[uuid.UUID]:
        """Every face of a human, by what the photo says: faces are drawn from left to right as it names them."""
        rows = self.world.query("SELECT f.id, i.name, f.x / 100 FROM faces f JOIN images i ON i.id = f.image_id")
        shown = {
            name: self.world.photos.download_blob(f"{CODE}/{name}").readall().decode().split("|")[0].split()
            for name in {name for _, name, _ in rows}
        }
        return {face for face, name, place in rows if shown[name][place] == human}

    def matches(self, guest: Guest) -> set[str]:
        """The photos of the people in whom the faces are that said who the guest is."""
        rows = self.world.query("SELECT id, cluster_id, image_id::text FROM faces WHERE cluster_id <> -1")
        away = {number for (number,) in self.world.query("SELECT cluster_id FROM people WHERE hidden")}
        theirs = {number for face, number, _ in rows if face in guest.said_so} - away
        return {image for _, number, image in rows if number in theirs}

    def look(self) -> None:
        """Every guest asks for every photo."""
        images = [str(image.id) for image in self.world.images(CODE)]
        encoded = {str(image.id) for image in self.world.images(CODE) if image.status == "encoded"}
        for guest in self.guests:
            may = (encoded if self.everything else self.matches(guest)) if guest.live else set()
            for image in images:
                answer = self.api.get(f"/me/pics/{image}/photo", headers=bearer(guest.token))
                if answer.status_code in (401, ABSENT):
                    self.refused += 1
                else:
                    self.seen += 1
                    assert image in may, f"{guest.human} sees {image}"
            for whose in ("own", "everyone"):
                listed = self.listed(guest, whose)
                assert listed <= may, f"{guest.human} is shown {listed - may}"
                assert not listed or whose == "own" or self.everything
                if whose == "own":
                    assert listed <= self.matches(guest)

    def listed(self, guest: Guest, whose: str) -> set[str]:
        found: list[str] = []
        query = {"limit": "3", "whose": whose}
        while True:
            page = self.api.get("/me/pics", params=query, headers=bearer(guest.token))
            if page.status_code != 200:
                return set()
            found += [each["uuid"] for each in page.json()["pics"]]
            if page.json()["next_cursor"] is None:
                assert len(found) == len(set(found)) == page.json()["total"]
                return set(found)
            query["cursor"] = page.json()["next_cursor"]

    def ask_for_everything(self) -> None:
        """Every guest makes every request there is: no answer tells anything of photos that are not theirs."""
        images = self.world.images(CODE)
        for guest in self.guests:
            may = self.matches(guest) if guest.live else set()
            others = [each for each in images if str(each.id) not in may and not self.everything]
            tells = [
                text for each in others for text in (str(each.id), (each.sha256 or b"-").hex(), each.blob_name)
            ]
            for operation in GUARDED:
                # These end the link, at the end; what they tell is tested elsewhere.
                if operation.path == "/me/erasure":
                    continue
                for image in self.chance.sample(images, min(3, len(images))):
                    things = {**NOTHING, "event_code": CODE, "uuid": str(image.id), "photo": "anna|7"}
                    asked = operation.ask(self.api, things, bearer(guest.token))
                    told = asked.text.replace(things["uuid"], "") if asked.status_code == ABSENT else asked.text
                    assert not [text for text in tells if text in told], (operation.name, guest.human)
                    if operation.scope != "guest":
                        assert asked.status_code in (401, 403), operation.name


@pytest.fixture(params=range(3))
def game(settings: Settings, request: pytest.FixtureRequest) -> Iterator[Game]:
    with closing(World(settings)) as world:
        world.create(CODE)
        closed = settings.model_copy(update={"access": "closed", "organiser_key": SecretStr(KEY)})
        its = replace(world.services, settings=closed)
        its._encoder = world.encoder
        with Api(create_app(lambda: its), its) as api:
            yield Game(world, api, random.Random(request.param), Party(world, CODE))


def test_no_guest_ever_reaches_a_photo_outside_their_matches(
    game: Game, record_property: Callable[[str, object], None]
) -> None:
    acts: dict[str, tuple[Callable[[], None], int]] = {
        "a photo comes": (game.photograph, 6),
        "the people are made": (game.group, 3),
        "something is stated": (game.correct, 3),
        "something is stated about a guest": (game.correct_a_guest, 6),
        "a statement is undone or redone": (game.undo, 2),
        "a photo is removed": (game.remove, 2),
        "guests see other photos": (game.choose, 1),
        "a guest joins": (game.join, 4),
        "a link is revoked": (game.revoke, 1),
        "a guest is forgotten": (game.forget, 1),
    }
    for _ in range(10):
        game.photograph()
    game.group()
    for _ in range(2):
        game.join()
    for _ in range(ACTS):
        names: list[Any] = list(acts)
        (chosen,) = game.chance.choices(names, [weight for _, weight in acts.values()])
        acts[chosen][0]()
        game.look()
    game.ask_for_everything()
    assert game.seen > 0 < game.refused
    record_property(
        "figure",
        f"guests: {len(game.guests)} links, {ACTS} deeds: {game.seen} photos seen, {game.refused} refused",
    )
