"""What can happen to an event, each from the same scene, to be cut off or overtaken."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from PIL import Image

from kanta_core.domain.access import ORGANISER
from kanta_core.domain.corrections import CorrectionKind, Statement
from kanta_core.domain.guests import CONSENT_VERSION
from kanta_core.errors import EventNotFound, KantaError, StalePeople
from kanta_core.pipeline.gather import change_event, create_event
from kanta_core.pipeline.guests.erase import erase
from kanta_core.pipeline.guests.links import make_link
from kanta_core.pipeline.people.correct import correct
from kanta_core.pipeline.people.recluster import recluster, request_reclusters
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.pipeline.photos.remove import remove_event, remove_image
from kanta_core.pipeline.photos.upload import upload
from kanta_core.pipeline.sweep import sweep
from kanta_core.services import Services
from tests.pipeline import truth
from tests.pipeline.scripted import photo
from tests.pipeline.world import NO_VALUES, World

ANNA, BEN, BOTH = photo("anna"), photo("ben"), photo("anna", "ben")
# Another file of the same picture of Anna.
COPY = photo("anna", take=2)
Story = Callable[[Services, World, str], object]
CODE = "wedding-x"


def png(shade: int = 0) -> bytes:
    """A real image, as an upload must be."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8), shade).save(buffer, "PNG")
    return buffer.getvalue()


def dropped(world: World, data: bytes, *names: str) -> None:
    """These bytes were dropped under each of the names, and delivered."""
    for name in names:
        world.drop(name, data)
        world.deliver(name)


def begun(world: World) -> None:
    """Nothing but the scene."""
    world.clear()
    scene(world, CODE)


def ended(world: World) -> truth.Summary:
    """What is true once everything has happened that still was to."""
    world.settle()
    truth.check(world)
    return truth.summary(world, "-x")


def scene(world: World, code: str) -> None:
    """An event with a photo of Anna under two names and one of Ben, and a drop for an event that is not there."""
    world.create(code)
    for name, data in {"a": ANNA, "b": ANNA, "ben": BEN}.items():
        world.drop(f"{code}/{name}", data)
        world.deliver(f"{code}/{name}")
    world.drop(f"gala-{code}/waiting", BOTH)


def told(story: Story, services: Services, world: World, code: str) -> None:
    """What happens, by somebody whom Kanta may refuse or ask to try again."""
    with suppress(KantaError):
        story(services, world, code)


def _dropped(name: str, data: bytes) -> Story:
    def act(services: Services, world: World, code: str) -> None:
        world.drop(f"{code}/{name}", data)
        encode(services, f"{code}/{name}")

    return act


def _vanished(services: Services, world: World, code: str) -> None:
    world.vanish(f"{code}/a")
    encode(services, f"{code}/a")


def _removed(services: Services, world: World, code: str) -> None:
    for image in world.images(code):
        if image.name == "b":
            remove_image(services, code, image.id)


def _uploaded(services: Services, _: World, code: str) -> None:
    upload(services, code, png(), file_name="new.png")


def _grouped(services: Services, world: World, code: str) -> None:
    request_reclusters(services)
    event = world.event(code)
    if event is not None:
        recluster(services, event.id)


def _merged(services: Services, world: World, code: str) -> None:
    _grouped(services, world, code)
    # Whoever is told that people changed meanwhile looks again.
    for _ in range(3):
        people = world.query(
            """SELECT p.cluster_id, p.revision, p.event_id FROM people p JOIN event_codes c USING (event_id)
                WHERE c.code = %(code)s AND EXISTS (
                      SELECT FROM faces f WHERE f.event_id = p.event_id AND f.cluster_id = p.cluster_id)
                ORDER BY 1""",
            {"code": code},
        )
        if len(people) < 2:
            return
        (into, *_), (number, *_) = people[:2]
        merge = Statement(kind=CorrectionKind.MERGE, cluster_id=number, other_cluster_id=into)
        with suppress(StalePeople):
            correct(services, code, merge, seen={number: revision for number, revision, _ in people})
            return


def _swept(services: Services, world: World, code: str) -> None:
    world.vanish(f"{code}/ben")
    world.drop(f"{code}/b", COPY)
    world.drop(f"{code}/new", BOTH)
    sweep(services)


def _renamed(services: Services, _: World, code: str) -> None:
    change_event(services, code, {}, new_code=f"gala-{code}")


def _used_again(services: Services, _: World, code: str) -> None:
    with suppress(EventNotFound):
        remove_event(services, code)
    create_event(services, code, NO_VALUES)


def _encoded_again(services: Services, world: World, code: str) -> None:
    reencode(services, code)
    for image in world.images(code):
        encode(services, image.blob_name)


def _forgotten(services: Services, world: World, code: str) -> None:
    # However she came by her link.
    _grouped(world.services, world, code)
    link = make_link(world.services, ORGANISER, code, photo("anna", take=9), consent=CONSENT_VERSION)
    erase(services, link.token)


def _pictures_lost(services: Services, world: World, _: str) -> None:
    for name in sorted(world.pictures.list_blob_names())[::2]:
        world.pictures.delete_blob(name)
    sweep(services)


STORIES: dict[str, Story] = {
    "a photo is dropped": _dropped("new", BOTH),
    "known bytes are dropped": _dropped("new", ANNA),
    "the holder is overwritten by known bytes": _dropped("a", BEN),
    "the holder is overwritten by nothing": _dropped("a", b""),
    "the holder is written again as it was": _dropped("a", ANNA),
    "the holder's blob vanishes": _vanished,
    "a duplicate is removed": _removed,
    "a photo is uploaded": _uploaded,
    "the people are made": _grouped,
    "two people are merged": _merged,
    "the sweep finds much": _swept,
    "the event gets a new code": _renamed,
    "the code is used again": _used_again,
    "the photos are encoded once more": _encoded_again,
    "pictures are lost": _pictures_lost,
    "somebody asks to be forgotten": _forgotten,
}
