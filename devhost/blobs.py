"""Finds the work of blob triggers by scan, as the real host does: list, compare with the receipts, queue."""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from azure.core.exceptions import AzureError

from devhost import console
from devhost.journal import Journal
from devhost.listing import Lister, ListingError
from devhost.triggers import BlobTrigger

_log = console.source("blob")
_PAUSE_SECONDS = 1.0
# Listing may take a tenth of the time: Azurite does nothing else while it lists.
_PAUSE_FACTOR = 9
# While this many blobs wait for a worker, more of them are no hurry.
_PLENTY = 50
_PAUSE_WITH_PLENTY_SECONDS = 5.0


@dataclass
class _Source:
    """One container with the functions that wait for its blobs."""

    key: str
    container: str
    lister: Lister
    functions: list[tuple[str, Callable[[str], object]]] = field(default_factory=list)


class BlobScanner:
    """Queues new and changed blobs in the journal, and calls `found` when it did."""

    def __init__(self, triggers: Iterable[BlobTrigger], journal: Journal, found: Callable[[], None]) -> None:
        self._journal = journal
        self._found = found
        self._one_at_a_time = asyncio.Lock()
        self._sources: dict[str, _Source] = {}
        for trigger in triggers:
            if trigger.by_event_grid:
                _log.warning("%s waits for Event Grid, which sends nothing here: it won't run", trigger.function)
                continue
            key = f"{trigger.setting}/{trigger.container}"
            source = self._sources.setdefault(
                key, _Source(key, trigger.container, Lister(trigger.connection, trigger.container))
            )
            source.functions.append((trigger.function, trigger.names.fullmatch))

    async def run(self) -> None:
        """Scans every container for ever: one listing serves all its functions."""
        async with asyncio.TaskGroup() as tasks:
            for source in self._sources.values():
                tasks.create_task(self._scan_for_ever(source))

    async def _scan_for_ever(self, source: _Source) -> None:
        fine, told = False, False
        while True:
            spent = 0.0
            try:
                if not fine:
                    await asyncio.to_thread(source.lister.create_container)
                spent = await self._scan(source)
            except (ListingError, AzureError) as error:
                if not told:
                    reason = str(error).partition("\n")[0]
                    _log.warning("can't list %s, and keeps trying: %s", source.container, reason)
                fine, told = False, True
            else:
                if told:
                    _log.info("lists %s again", source.container)
                fine, told = True, False
            plenty = self._journal.waiting() >= _PLENTY
            pause = _PAUSE_WITH_PLENTY_SECONDS if plenty else _PAUSE_SECONDS
            await asyncio.sleep(max(pause, _PAUSE_FACTOR * spent))

    async def _scan(self, source: _Source) -> float:
        """One listing; the seconds it took."""
        async with self._one_at_a_time:
            start = time.monotonic()
            self._journal.begin_listing()
            pages = source.lister.pages()
            while (page := await asyncio.to_thread(next, pages, None)) is not None:
                if self._journal.add_page(source.key, page, source.functions):
                    self._found()
            self._journal.end_listing(source.key)
            return time.monotonic() - start
