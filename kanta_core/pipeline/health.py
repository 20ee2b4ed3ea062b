"""Health: can Kanta do its work right now?"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from kanta_core.database import probe
from kanta_core.database.migrate import applied_version, latest_version
from kanta_core.errors import KantaError, SchemaOutdated
from kanta_core.services import Services
from kanta_core.storage.names import QUEUES

_log = logging.getLogger(__name__)

# Whoever asks won't wait long.
_PATIENCE_SECONDS = 3.0
# Whoever asks thoroughly will, as long as models take to load behind a large photo.
_DEEP_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of Kanta: "ok" or a sentence that says what is wrong with it, and how long it took to tell."""

    state: str
    milliseconds: float


def check(services: Services) -> dict[str, str]:
    """Each part Kanta needs, and "ok" or a sentence that says what is wrong with it. Asks them all at once."""
    parts: dict[str, Callable[[], None]] = {
        "database": lambda: _check_database(services),
        "blobs": services.blobs.check,
        "queues": services.queues.check,
    }
    with ThreadPoolExecutor(len(parts)) as askers:
        # Each in a context of its own, which its log lines have the request's id from.
        asked = {part: askers.submit(copy_context().run, _state, ask) for part, ask in parts.items()}
        return {part: answer.result() for part, answer in asked.items()}


def check_deeply(services: Services) -> dict[str, Part]:
    """The same by doing what Kanta does: write, read and delete in database and storage, load the models.

    Asks all at once, and none longer than it has patience for.
    """
    parts: dict[str, Callable[[], None]] = {
        "database": lambda: _try_database(services),
        "migrations": lambda: _check_database(services),
        "blobs": services.blobs.try_out,
        "queues": lambda: services.queues.check(QUEUES),
        "models": services.load_models,
    }
    until = time.monotonic() + _DEEP_PATIENCE_SECONDS
    asked = {part: _begun(ask) for part, ask in parts.items()}
    return {part: _within(answer, until) for part, answer in asked.items()}


def _begun(ask: Callable[[], None]) -> Future[Part]:
    answer: Future[Part] = Future()
    its = copy_context()
    # Nobody waits for one that does not answer, the end of the process neither: it ends by its own time-outs.
    threading.Thread(target=lambda: answer.set_result(its.run(_timed, ask)), name="health", daemon=True).start()
    return answer


def _timed(ask: Callable[[], None]) -> Part:
    began = time.monotonic()
    try:
        state = _state(ask)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are told of
        _log.exception("a check of the health failed")
        state = f"It fails with {type(error).__name__}."
    return Part(state, round(1000 * (time.monotonic() - began), 1))


def _within(answer: Future[Part], until: float) -> Part:
    try:
        return answer.result(max(0.0, until - time.monotonic()))
    except TimeoutError:
        return Part(f"No answer within {_DEEP_PATIENCE_SECONDS:.0f} s.", 1000 * _DEEP_PATIENCE_SECONDS)


def _try_database(services: Services) -> None:
    with services.database.transaction(within=_PATIENCE_SECONDS) as connection:
        probe.write_and_take_back(connection)


def _state(ask: Callable[[], None]) -> str:
    try:
        ask()
    except KantaError as error:
        return error.message
    return "ok"


def _check_database(services: Services) -> None:
    with services.database.transaction(within=_PATIENCE_SECONDS) as connection:
        applied = applied_version(connection)
    # A schema ahead is the next release's, whose migrations leave room for this code.
    if applied is None or applied < latest_version():
        raise SchemaOutdated
