"""Waits until an event's photos are encoded and its people reflect them."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final, Self

from kanta_client import KantaClient
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo.errors import DemoError
from demo.service import Service

# A slow core takes ten seconds for a large photo of a crowd; the rest is for the first one and the people.
_SECONDS_PER_PHOTO: Final = 10.0
_SECONDS_IN_ANY_CASE: Final = 180.0
_POLL_SECONDS: Final = 0.25
_LOG_LINE_SECONDS: Final = 5.0


@dataclass(frozen=True)
class Standing:
    """`pending` photos are not final yet; `people_current` once the people reflect every encoded one."""

    pending: int
    people_current: bool


async def wait_for_people(
    api: KantaClient, service: Service, event_code: str, photos: int, console: Console
) -> None:
    """Returns once every photo of the event is final and its people are current, showing how far it is.

    Raises DemoError after a time that grows with `photos`, or when the dev host ends.
    """
    patience = _SECONDS_IN_ANY_CASE + _SECONDS_PER_PHOTO * photos
    started = time.monotonic()
    with _Progress(console, photos) as progress:
        while True:
            service.child.check_alive()
            standing = await standing_of(api, event_code)
            progress.show(standing)
            if standing.pending == 0 and standing.people_current:
                return
            if time.monotonic() - started > patience:
                what = f"{standing.pending} photos" if standing.pending else "the people"
                raise DemoError(f"Waited {patience:.0f} s and {what} of {event_code} are still under way.")
            await asyncio.sleep(_POLL_SECONDS)


async def standing_of(api: KantaClient, event_code: str) -> Standing:
    answer = await api.get("/events", {"event_code": event_code})
    (event,) = answer["events"]
    return Standing(int(event["pending"]), bool(event["people_current"]))


class _Progress:
    """A bar on a terminal; now and then a line in a log."""

    def __init__(self, console: Console, photos: int) -> None:
        self._console = console
        self._photos = photos
        self._said = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("encoding", total=photos)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, standing: Standing) -> None:
        doing = "encoding" if standing.pending else "grouping people"
        encoded = max(0, self._photos - standing.pending)
        self._bar.update(self._task, description=doing, completed=encoded)
        if not self._console.is_terminal and time.monotonic() - self._said >= _LOG_LINE_SECONDS:
            self._said = time.monotonic()
            self._console.print(f"{doing}: {encoded} of {self._photos} photos done")
