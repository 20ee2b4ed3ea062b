"""Health: can Kanta do its work right now?"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from kanta_core.database.migrate import applied_version, latest_version
from kanta_core.errors import KantaError, SchemaOutdated
from kanta_core.services import Services

# Whoever asks won't wait long.
_PATIENCE_SECONDS = 3.0


def check(services: Services) -> dict[str, str]:
    """Each part Kanta needs, and "ok" or a sentence that says what is wrong with it. Asks them all at once."""
    parts: dict[str, Callable[[], None]] = {
        "database": lambda: _check_database(services),
        "blobs": services.blobs.check,
        "queues": services.queues.check,
    }
    with ThreadPoolExecutor(len(parts)) as askers:
        return dict(zip(parts, askers.map(_state, parts.values()), strict=True))


def _state(ask: Callable[[], None]) -> str:
    try:
        ask()
    except KantaError as error:
        return error.message
    return "ok"


def _check_database(services: Services) -> None:
    with services.database.transaction(within=_PATIENCE_SECONDS) as connection:
        applied = applied_version(connection)
    if applied != latest_version():
        raise SchemaOutdated
