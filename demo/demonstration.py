"""The demo from start to end."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kanta_client import KantaClient
from outcomes import Ending, Outcome
from rich.console import Console
from seeding import Options, seed
from terminal import TerminalReport

from demo.errors import DemoError
from demo.findings import Findings, read_findings, show
from demo.sample import sample_photos
from demo.selection import Selection, own_photos, sample
from demo.service import Service, serving
from demo.waiting import wait_for_people
from devhost import preflight

_ALIVE_SECONDS: Final = 0.5


@dataclass(frozen=True)
class Wish:
    """What to show, where to serve it, and whether to go on serving once the people are shown."""

    photos: str
    serve: bool
    url: str
    data_dir: Path


@dataclass
class Stopwatch:
    """The seconds that each stage took."""

    started: float = field(default_factory=time.monotonic)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started

    def stop(self) -> None:
        self.seconds["total"] = time.monotonic() - self.started

    def as_text(self) -> str:
        return ", ".join(f"{stage.replace('_', ' ')} {seconds:.1f} s" for stage, seconds in self.seconds.items())


async def demonstrate(wish: Wish, console: Console) -> list[str]:
    """Shows the people in the photos and leaves `demo.json`; returns what went wrong on the way, a line each.

    While it serves, a cancellation is the way to end it. Raises DemoError, and what the seed program raises, when
    it cannot go on; the dev host ends with it in any case.
    """
    summary = wish.data_dir / "demo.json"
    summary.unlink(missing_ok=True)
    watch = Stopwatch()
    with watch.stage("photos"):
        selection = own_photos(wish.photos) or sample(await sample_photos(wish.data_dir))
    async with AsyncExitStack() as stack:
        console.print(f"starting PostgreSQL, Azurite and the function app (log: {wish.data_dir}/devhost.log)")
        with watch.stage("services"), console.status("starting"):
            service = await stack.enter_async_context(serving(wish.url, wish.data_dir))
        with watch.stage("upload"):
            outcome = await _seed(selection, service, console)
        api = await stack.enter_async_context(KantaClient(service.url, service.key, console.print))
        with watch.stage("encode_and_cluster"):
            await wait_for_people(api, service, selection.event_code, outcome.there, console)
        findings = await read_findings(api, selection.event_code)
        watch.stop()
        problems = problems_of(selection, outcome, findings)
        show(findings, console)
        console.print(watch.as_text())
        document = _summary(
            selection=selection,
            service=service,
            outcome=outcome,
            findings=findings,
            watch=watch,
            problems=problems,
        )
        preflight.replace_private(summary, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        if wish.serve:
            await _serve_until_cancelled(service, console)
    return problems


async def _seed(selection: Selection, service: Service, console: Console) -> Outcome:
    options = Options(selection.photos, selection.event_code, service.url, service.key, delay=0)
    outcome = await seed(options, TerminalReport(console))
    if not outcome.there:
        raise DemoError(f"None of the files in {selection.photos} is a photo that Kanta has taken in.")
    return outcome


def problems_of(selection: Selection, outcome: Outcome, findings: Findings) -> list[str]:
    """All that keeps this demo from being a success, a line each."""
    problems = [f"{r.name}: not uploaded ({r.reason})" for r in outcome.results if r.ending is Ending.FAILED]
    if outcome.stopped:
        problems.append(f"the upload stopped: {outcome.stopped}")
    problems += findings.unfinished
    if selection.is_sample and not findings.people:
        problems.append("nobody was found in the sample photos")
    return problems


def _summary(
    *,
    selection: Selection,
    service: Service,
    outcome: Outcome,
    findings: Findings,
    watch: Stopwatch,
    problems: list[str],
) -> dict[str, Any]:
    return {
        "event_code": selection.event_code,
        "url": service.url,
        **findings.as_json(),
        "upload": {ending.name.lower(): outcome.count(ending) for ending in Ending},
        "seconds": {stage: round(seconds, 3) for stage, seconds in watch.seconds.items()},
        "problems": problems,
    }


async def _serve_until_cancelled(service: Service, console: Console) -> None:
    console.print(f"serving at {service.url}/docs until Ctrl-C", style="bold")
    try:
        while True:
            service.child.check_alive()
            await asyncio.sleep(_ALIVE_SECONDS)
    except asyncio.CancelledError:
        console.print("stopping")
