"""Verbs step by step: whatever one does to the database, to storage or with the encoder is a step.

After any of them the process may be killed, or somebody else may be quicker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from kanta_core.database.pool import Connection
from kanta_core.services import Services

SECONDS = 30.0
# What changes nothing outside the process.
_READS = frozenset({"check", "encode", "link", "look", "origin", "pages", "read", "top_folders"})
Act = Callable[[Services], object]


class Killed(BaseException):
    """The process is gone."""


class _Steps:
    """Calls `after` with the number of steps taken, and with whether a transaction is open."""

    def __init__(self, after: Callable[[int, bool], None], *, only_writes: bool) -> None:
        self._after = after
        self._only_writes = only_writes
        self._taken = 0
        self.open = 0

    def step(self, *, wrote: bool) -> None:
        if self._only_writes and not wrote:
            return
        self._taken += 1
        self._after(self._taken, self.open > 0)


class _Stepped:
    """Every call of a method of `part` is a step."""

    def __init__(self, part: object, steps: _Steps) -> None:
        self._part, self._steps = part, steps

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the part has
        attribute = getattr(self._part, name)
        if not callable(attribute):
            return attribute

        def stepped(*args: object, **kwargs: object) -> object:
            result = attribute(*args, **kwargs)
            self._steps.step(wrote=name not in _READS)
            return result

        return stepped


class _SteppedDatabase(_Stepped):
    """Every transaction is a step once it is committed."""

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._part.transaction() as connection:  # type: ignore[attr-defined]  # it is a Database
            self._steps.open += 1
            try:
                yield connection
            finally:
                self._steps.open -= 1
            wrote = connection.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL").fetchone()
        self._steps.step(wrote=wrote != (False,))


def stepped(services: Services, after: Callable[[int, bool], None], *, only_writes: bool = False) -> Services:
    """The same services; `after` is called with each step's number, and whether it is part of a transaction."""
    steps = _Steps(after, only_writes=only_writes)
    its = Services(
        settings=services.settings,
        database=cast("Any", _SteppedDatabase(services.database, steps)),
        blobs=cast("Any", _Stepped(services.blobs, steps)),
        queues=cast("Any", _Stepped(services.queues, steps)),
        galleries=services.galleries,
    )
    its._encoder = cast("Any", _Stepped(services._encoder, steps))
    return its


def stopped_after(step: int, error: BaseException, services: Services, act: Act) -> bool:
    """Run `act`, of which every step from the `step`-th on ends in `error`; whether there were that many.

    Killed after it has read something, a process leaves what it leaves killed before: only writes are steps then.
    """
    most = 0

    def after(taken: int, _: bool) -> None:  # noqa: FBT001 - as `stepped` calls it
        nonlocal most
        most = taken
        if taken >= step:
            raise error

    with suppress(type(error)):
        act(stepped(services, after, only_writes=isinstance(error, Killed)))
    return most >= step


class Ended(Exception):
    """There are fewer steps."""


def overtaken_after(step: int, services: Services, act: Act, meanwhile: Callable[[], object]) -> bool:
    """Run `act`, and `meanwhile` after its `step`-th step, and whether that was possible; Ended when it has fewer.

    Not inside a transaction: there others wait for it, and it would wait for them. Raises what either raises.
    """
    reached, go_on = threading.Event(), threading.Event()
    failures: list[BaseException] = []
    most = 0

    def after(taken: int, in_transaction: bool) -> None:  # noqa: FBT001 - as `stepped` calls it
        nonlocal most
        most = taken
        if taken == step and not in_transaction:
            reached.set()
            assert go_on.wait(SECONDS), "was never let go on"

    def run() -> None:
        try:
            act(stepped(services, after))
        except BaseException as error:  # noqa: BLE001 - raised again by the test's own thread
            failures.append(error)

    runner = threading.Thread(target=run)
    runner.start()
    while runner.is_alive() and not reached.is_set():
        reached.wait(0.01)
    try:
        if reached.is_set():
            meanwhile()
    finally:
        go_on.set()
        runner.join(SECONDS)
    assert not runner.is_alive(), f"still running after {SECONDS} s"
    for failure in failures:
        raise failure
    if most < step:
        raise Ended
    return reached.is_set()
