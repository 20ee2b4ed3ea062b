"""What is counted and measured, told apart by state, stage or queue: never by an id or a name."""

from __future__ import annotations

from typing import Literal

from kanta_core.telemetry import live, names

State = Literal["encoded", "duplicate", "rejected", "failed"]


def is_on() -> bool:
    """Whether anybody is told: what has to be asked for first need not be where nobody is."""
    return live.recorder is not None


def count_image(state: State, reason: str = "") -> None:
    """An image came to its final state; `reason` is the kind of it, an error's slug."""
    _count(names.IMAGES, 1, state=state, reason=reason)


def count_faces(found: int) -> None:
    """So many faces were found in an image."""
    _count(names.FACES, found)


def count_people_changed(changed: int) -> None:
    """So many people are not who they were."""
    _count(names.PEOPLE_CHANGED, changed)


def count_poison(queue: str) -> None:
    """The host gave up on a message or a blob and put it on this queue."""
    _count(names.POISON, 1, queue=queue)


def tell_queue(queue: str, *, length: int, age: float) -> None:
    """How many messages wait on a queue, and for how many seconds the first of them has."""
    if live.recorder is not None:
        live.recorder.gauge(names.QUEUE_LENGTH, length, {"queue": queue})
        live.recorder.gauge(names.QUEUE_AGE, age, {"queue": queue})


def tell_pending(age: float) -> None:
    """For how many seconds the oldest pending image has been pending, 0 where there is none."""
    if live.recorder is not None:
        live.recorder.gauge(names.PENDING_AGE, age, {})


def _count(metric: str, by: int, **attributes: str) -> None:
    if live.recorder is not None and by:
        live.recorder.count(metric, by, {name: value for name, value in attributes.items() if value})
