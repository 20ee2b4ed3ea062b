"""What the person at the terminal sees: a progress bar below a line for each photo; in a log, the lines."""

from typing import Final

from outcomes import Ending, Outcome, Result
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text
from seeding import Options

_STYLES: Final = {
    Ending.NEW: "green",
    Ending.KNOWN: "cyan",
    Ending.SKIPPED: "yellow",
    Ending.FAILED: "bold red",
}


class TerminalReport:
    """Shows a run on `console`; the bar only where there is a terminal to draw it on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._done = 0
        self._files = 0
        self._task: TaskID | None = None
        self._progress = Progress(
            TextColumn("seeding"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    def begin(self, options: Options, files: int, *, event_is_new: bool) -> None:
        existence = "created" if event_is_new else "there already"
        self._line(f"event {options.event_code} ({existence}) at {options.api_url}")
        self._line(f"{files} files in {options.photos}, {options.batch_size} at a time")
        self._files = files
        self._task = self._progress.add_task("seeding", total=files)
        self._progress.start()

    def notice(self, sentence: str) -> None:
        self._line(sentence, "yellow")

    def result(self, result: Result) -> None:
        self._done += 1
        if self._task is not None:
            self._progress.advance(self._task)
        counter = f"[{self._done:>{len(str(self._files))}}/{self._files}] "
        end = f"{result.uuid} ({result.ending})" if result.uuid else result.ending
        reason = f": {result.reason}" if result.reason else ""
        self._line(f"{counter}{result.name} → {end}{reason}", _STYLES[result.ending])

    def end(self, outcome: Outcome) -> None:
        self._progress.stop()
        counts = ", ".join(f"{outcome.count(ending)} {ending}" for ending in Ending)
        rate = outcome.there / outcome.seconds if outcome.seconds else 0.0
        self._line(f"{counts}; {outcome.seconds:.1f} s, {rate:.1f} photos/s", "bold")
        if outcome.stopped:
            self._line(f"stopped: {outcome.stopped}", "bold red")
        if untried := outcome.files - len(outcome.results):
            self._line(f"{untried} of {outcome.files} files have no result", "yellow")
        for result in outcome.results:
            if result.ending is Ending.FAILED:
                self._line(f"  failed: {result.name}: {result.reason}", "red")

    def _line(self, text: str, style: str = "") -> None:
        self._console.print(Text(printable(text), style), soft_wrap=True, highlight=False)


def printable(text: str) -> str:
    """`text` without what would drive the terminal: whoever made a zip named its members as they liked."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
