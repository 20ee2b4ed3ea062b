"""Puts the photos of a zip or folder into one event, batch by batch: the program without its screen."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from kanta_client import ApiError, KantaClient
from outcomes import Ending, Outcome, Result
from photo_source import READ_ERRORS, File, Photo, examine, open_source
from retries import NoAnswerError

# One photo that an API chokes on is that photo's failure; so many in a row are the API's.
UNANSWERED_IN_A_ROW: Final = 5
# The next photo would be told the same: no key, not allowed, no such event.
_HOPELESS_STATUSES: Final = frozenset({401, 403, 404})


class SeedError(Exception):
    """Seeding could not begin: the API is out of reach or refused the event. The message is for people."""


@dataclass(frozen=True)
class Options:
    """What to seed and where. `delay` is in seconds, between two batches of `batch_size` uploads at once."""

    photos: Path
    event_code: str = "test-yale-faces"
    api_url: str = "http://localhost:7071"
    api_key: str | None = None
    batch_size: int = 5
    delay: float = 0.5


class Report(Protocol):
    """Whoever watches. Called from the event loop, so none of these may block."""

    def begin(self, options: Options, files: int, *, event_is_new: bool) -> None: ...
    def notice(self, sentence: str) -> None: ...
    def result(self, result: Result) -> None: ...
    def end(self, outcome: Outcome) -> None: ...


async def seed(options: Options, report: Report) -> Outcome:
    """Creates the event if need be and uploads every photo; one that fails stops no other.

    The API keeps the uuid of bytes it has, so a second run adds nothing. `report.end` is called however it
    ends, cancelled too. Raises NoPhotosError or SeedError when nothing could be begun.
    """
    with open_source(options.photos) as files:
        async with KantaClient(options.api_url, options.api_key, report.notice, options.batch_size) as api:
            event_is_new = await _create_event(api, options)
            report.begin(options, len(files), event_is_new=event_is_new)
            outcome = Outcome(len(files))
            started = time.monotonic()
            try:
                await _Run(api, options, report, outcome).upload_all(files)
            finally:
                outcome.seconds = time.monotonic() - started
                report.end(outcome)
            return outcome


async def _create_event(api: KantaClient, options: Options) -> bool:
    try:
        return await api.create_event(options.event_code)
    except NoAnswerError as error:
        raise SeedError(f"Kanta does not answer at {options.api_url} ({error}). Is it running?") from error
    except ApiError as error:
        raise SeedError(f"The event {options.event_code} could not be created: {error}") from error


class _Run:
    """One pass over the files of a source."""

    def __init__(self, api: KantaClient, options: Options, report: Report, outcome: Outcome) -> None:
        self._api = api
        self._options = options
        self._report = report
        self._outcome = outcome
        self._unanswered = 0

    async def upload_all(self, files: list[File]) -> None:
        """Every photo among `files`, a batch at once, until there is no more or no more sense in it."""
        batch: list[Photo] = []
        for position, file in enumerate(files, 1):
            # Reading and unpacking megabytes would hold up the uploads under way.
            examined = await asyncio.to_thread(examine, file)
            if isinstance(examined, Photo):
                batch.append(examined)
            else:
                ending = Ending.FAILED if examined.lost else Ending.SKIPPED
                self._record(Result(examined.name, ending, reason=examined.reason))
            if len(batch) == self._options.batch_size:
                await self._upload_batch(batch)
                batch = []
                if self._outcome.stopped:
                    return
                if position < len(files):
                    await asyncio.sleep(self._options.delay)
        if batch:
            await self._upload_batch(batch)

    async def _upload_batch(self, batch: list[Photo]) -> None:
        async with asyncio.TaskGroup() as group:
            for photo in batch:
                group.create_task(self._upload(photo))

    async def _upload(self, photo: Photo) -> None:
        try:
            stored = await self._api.upload(self._options.event_code, photo)
        except NoAnswerError as error:
            self._unanswered += 1
            if self._unanswered >= UNANSWERED_IN_A_ROW:
                self._outcome.stopped = f"no answer for {self._unanswered} photos in a row"
            self._record(Result(photo.name, Ending.FAILED, reason=str(error)))
            return
        except (ApiError, *READ_ERRORS) as error:
            if isinstance(error, ApiError) and error.status in _HOPELESS_STATUSES:
                self._outcome.stopped = str(error)
            self._record(Result(photo.name, Ending.FAILED, reason=str(error)))
        else:
            said = f"{stored.status}: {stored.status_reason}" if stored.status_reason else None
            ending = Ending.NEW if stored.new else Ending.KNOWN
            self._record(Result(photo.name, ending, uuid=stored.uuid, reason=said))
        self._unanswered = 0

    def _record(self, result: Result) -> None:
        self._outcome.results.append(result)
        self._report.result(result)
