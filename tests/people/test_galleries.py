"""Which galleries a process holds: no more than it may, the right ones, and none for ever."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import numpy as np
import pytest

from kanta_core.people.search.galleries import Galleries, Key
from kanta_core.people.search.gallery import FACE_BYTES, Gallery

SECONDS = 20.0
ROOM = 30


def key() -> Key:
    return uuid.uuid4(), "scripted"


def of(faces: int, revision: int = 1) -> Gallery:
    chance = np.random.default_rng(faces)
    ids = chance.integers(256, size=(faces, 16), dtype=np.uint8)
    return Gallery(revision, datetime.now(UTC), ids, chance.normal(size=(faces, 128)).astype(np.float32))


@pytest.fixture
def galleries() -> Iterator[Galleries]:
    with closing(Galleries(most_bytes=ROOM * FACE_BYTES)) as its:
        yield its


def hold(galleries: Galleries, faces: int, revision: int = 1) -> Key:
    its = key()
    galleries.ask_for(its, revision, lambda room: of(faces, revision) if room(faces * FACE_BYTES) else None)
    galleries.wait()
    return its


def test_a_gallery_takes_as_much_memory_as_it_is_said_to() -> None:
    assert of(7).size == 7 * FACE_BYTES


def test_what_was_asked_for_is_held_until_another_revision_is_asked_for(galleries: Galleries) -> None:
    its = hold(galleries, 10, revision=3)
    before = galleries.at(its)
    assert before is not None
    galleries.ask_for(its, 3, lambda _: of(11, revision=3))
    galleries.wait()
    assert galleries.at(its) is before
    galleries.ask_for(its, 4, lambda _: of(11, revision=4))
    galleries.wait()
    after = galleries.at(its)
    assert after is not None
    assert (before.revision, after.revision, len(after.ids)) == (3, 4, 11)
    assert galleries.at(key()) is None


def test_the_one_that_was_not_used_for_longest_makes_room(galleries: Galleries) -> None:
    one, two, three = (hold(galleries, 10) for _ in range(3))
    assert galleries.at(one) is not None
    four = hold(galleries, 5)
    assert [galleries.at(its) is not None for its in (one, two, three, four)] == [True, False, True, True]
    hold(galleries, ROOM)
    assert [galleries.at(its) for its in (one, two, three, four)] == [None] * 4


def test_there_is_room_before_anything_is_read(galleries: Galleries) -> None:
    one, two = hold(galleries, 10), hold(galleries, 10)
    then: list[object] = []

    def load(room: Callable[[int], bool]) -> Gallery:
        then.extend((room((ROOM - 10) * FACE_BYTES), galleries.at(one), galleries.at(two) is not None))
        return of(ROOM - 10)

    galleries.ask_for(key(), 1, load)
    galleries.wait()
    assert then == [True, None, True]


def test_one_that_is_too_large_is_not_held_and_makes_nobody_go(galleries: Galleries) -> None:
    one = hold(galleries, ROOM)
    large = hold(galleries, ROOM + 1)
    assert galleries.at(one) is not None
    assert galleries.at(large) is None


def test_one_that_is_not_worth_it_is_not_asked_about_again_until_it_changed(galleries: Galleries) -> None:
    its = key()
    asked = []
    for revision in (1, 1, 1, 2, 2):
        galleries.ask_for(its, revision, lambda _, now=revision: asked.append(now))  # type: ignore[misc]  # bound now
        galleries.wait()
    assert asked == [1, 2]


def test_one_at_a_time_is_loaded_and_nobody_waits_for_it(galleries: Galleries) -> None:
    begun, leave = threading.Event(), threading.Event()
    one, other = key(), key()

    def slowly(_: object) -> Gallery:
        begun.set()
        assert leave.wait(SECONDS)
        return of(1)

    galleries.ask_for(one, 1, slowly)
    assert begun.wait(SECONDS)
    galleries.ask_for(other, 1, lambda _: of(1))
    assert galleries.at(one) is None
    leave.set()
    galleries.wait()
    assert galleries.at(one) is not None
    assert galleries.at(other) is None


def test_one_that_could_not_be_loaded_is_asked_for_again(
    galleries: Galleries, caplog: pytest.LogCaptureFixture
) -> None:
    its = key()

    def fail(_: object) -> Gallery:
        raise ConnectionError("the database went away")

    galleries.ask_for(its, 1, fail)
    galleries.wait()
    assert "the database went away" in caplog.text
    galleries.ask_for(its, 1, lambda _: of(1))
    galleries.wait()
    assert galleries.at(its) is not None


def test_what_is_not_used_is_not_held_for_long() -> None:
    with closing(Galleries(most_bytes=ROOM * FACE_BYTES, idle_seconds=0.05)) as galleries:
        hold(galleries, 1)
        until(lambda: not galleries._held)
        hold(galleries, 1)
        until(lambda: not galleries._held)


def test_after_the_end_nothing_is_held() -> None:
    galleries = Galleries(most_bytes=ROOM * FACE_BYTES)
    its = hold(galleries, 1)
    galleries.close()
    assert galleries.at(its) is None
    galleries.ask_for(its, 1, lambda _: of(1))
    galleries.wait()
    assert galleries.at(its) is None


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited {SECONDS} s for the galleries to be dropped"
        time.sleep(0.01)
