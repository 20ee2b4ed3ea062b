"""How seeding went: for each photo, and in all."""

from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Ending(StrEnum):
    """How one file of the source ended."""

    NEW = "new"
    KNOWN = "already there"
    SKIPPED = "skipped"
    FAILED = "failed"


class ExitStatus(IntEnum):
    """What the program tells the shell."""

    ALL_THERE = 0
    SOME_FAILED = 1
    NOTHING_DONE = 2
    INTERRUPTED = 130


@dataclass(frozen=True)
class Result:
    """One file: `uuid` once it is in the event, `reason` where there is something to say."""

    name: str
    ending: Ending
    uuid: str | None = None
    reason: str | None = None


@dataclass
class Outcome:
    """All results so far. `stopped` says why the files that have none, of `files` in all, were not tried."""

    files: int
    results: list[Result] = field(default_factory=list)
    seconds: float = 0.0
    stopped: str | None = None

    def count(self, ending: Ending) -> int:
        return Counter(result.ending for result in self.results)[ending]

    @property
    def there(self) -> int:
        """The photos that are in the event now."""
        return self.count(Ending.NEW) + self.count(Ending.KNOWN)

    @property
    def exit_status(self) -> ExitStatus:
        if self.stopped or self.count(Ending.FAILED):
            return ExitStatus.SOME_FAILED
        return ExitStatus.ALL_THERE if self.there else ExitStatus.NOTHING_DONE
