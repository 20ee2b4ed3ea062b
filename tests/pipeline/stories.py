"""What can happen to an event, each from the same scene, to be cut off or overtaken."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

from PIL import Image

from kanta_core.errors import EventNotFound, KantaError
from kanta_core.pipeline.encode import encode
from kanta_core.pipeline.gather import change_event, create_event
from kanta_core.pipeline.recluster import recluster, request_reclusters
from kanta_core.pipeline.remove import remove_event, remove_image
from kanta_core.pipeline.retry import give_up, retry_image
from kanta_core.pipeline.sweep import sweep
from kanta_core.pipeline.upload import upload
from kanta_core.services import Services
from tests.pipeline.scripted import photo
from tests.pipeline.world import NO_VALUES, World

ANNA, BEN, BOTH, CARA, LATER = (
    photo("anna"),
    photo("ben"),
    photo("anna", "ben"),
    photo("cara"),
    photo("anna", take=2),
)
Story = Callable[[Services, World, str], object]


def png(shade: int = 0) -> bytes:
    """A real image, as an upload must be."""
    buffer = io.BytesIO()
    Image.new("L", (8, 8), shade).save(buffer, "PNG")
    return buffer.getvalue()


def scene(world: World, code: str) -> None:
    """An event with a photo of Anna under three names, one of Ben, an upload and a photo that failed."""
    world.create(code)
    for name, data in {"a": ANNA, "b": ANNA, "c": ANNA, "ben": BEN}.items():
        world.drop(f"{code}/{name}", data)
        world.deliver(f"{code}/{name}")
    world.deliver(upload(world.services, code, png(), file_name="known.png").image.blob_name)
    world.drop(f"{code}/failed", CARA)
    world.encoder.failing = True
    world.deliver(f"{code}/failed")
    world.encoder.failing = False
    world.drop(f"gala-{code}/waiting", BOTH)


def _dropped(name: str, data: bytes) -> Story:
    def act(services: Services, world: World, code: str) -> None:
        world.drop(f"{code}/{name}", data)
        encode(services, f"{code}/{name}")

    return act


def _vanished(name: str, then: Callable[[Services, str], object]) -> Story:
    def act(services: Services, world: World, code: str) -> None:
        blob_name = f"{code}/{name}"
        world.vanish(blob_name)
        then(services, blob_name)

    return act


def _removed(name: str) -> Story:
    def act(services: Services, world: World, code: str) -> None:
        for image in world.images(code):
            if image.name == name:
                remove_image(services, code, image.id)

    return act


def _retried(services: Services, world: World, code: str) -> None:
    for image in world.images(code):
        if image.name == "failed":
            retry_image(services, code, image.id)
            encode(services, image.blob_name)


def _grouped(services: Services, world: World, code: str) -> None:
    request_reclusters(services)
    event = world.event(code)
    if event is not None:
        recluster(services, event.id)


def _used_again(services: Services, _: World, code: str) -> None:
    with suppress(EventNotFound):
        remove_event(services, code)
    create_event(services, code, NO_VALUES)


def _swept(services: Services, world: World, code: str) -> None:
    world.vanish(f"{code}/ben")
    world.drop(f"{code}/c", LATER)
    world.drop(f"{code}/new", BOTH)
    sweep(services)


STORIES: dict[str, Story] = {
    "a photo is dropped": _dropped("new", BOTH),
    "known bytes are dropped": _dropped("new", ANNA),
    "a photo is delivered again": lambda services, _, code: encode(services, f"{code}/a"),
    "the holder is overwritten": _dropped("a", LATER),
    "the holder is overwritten by known bytes": _dropped("a", BEN),
    "the holder is overwritten by nothing": _dropped("a", b""),
    "the holder is written again as it was": _dropped("a", ANNA),
    "a duplicate is overwritten": _dropped("b", BOTH),
    "the holder's blob vanishes": _vanished("a", encode),
    "a duplicate's blob vanishes": _vanished("b", lambda services, _: sweep(services)),
    "the holder is removed": _removed("a"),
    "a duplicate is removed": _removed("c"),
    "another photo is removed": _removed("ben"),
    "a photo is uploaded": lambda services, _, code: upload(services, code, png(1), file_name="new.png"),
    "a known photo is uploaded": lambda services, _, code: upload(services, code, png(), file_name="again.png"),
    "an upload is removed": _removed("known.png"),
    "a photo is retried": _retried,
    "the host gives up late": lambda services, _, code: give_up(services, f"{code}/a"),
    "the people are made": _grouped,
    "the sweep finds much": _swept,
    "the event gets a new code": lambda services, _, code: change_event(
        services, code, {}, new_code=f"gala-{code}"
    ),
    "the event is removed": lambda services, _, code: remove_event(services, code),
    "its code is used again": _used_again,
}


def told(story: Story, services: Services, world: World, code: str) -> None:
    """What happens, by somebody whom Kanta may refuse or ask to try again."""
    try:
        story(services, world, code)
    except KantaError:
        return
