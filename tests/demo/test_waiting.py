import asyncio
import io
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from kanta_client import KantaClient
from rich.console import Console

from demo import waiting
from demo.errors import DemoError
from demo.service import Child, Service
from demo.waiting import wait_for_people


class Course(KantaClient):
    """An API whose event goes through these standings, staying at the last."""

    def __init__(self, *standings: tuple[int, bool]) -> None:
        super().__init__("http://127.0.0.1:1", None, print)
        self.standings = list(standings)
        self.asked = 0

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Any:  # noqa: ANN401 - JSON
        assert (path, query) == ("/events", {"event_code": "party"})
        pending, current = self.standings[min(self.asked, len(self.standings) - 1)]
        self.asked += 1
        return {"events": [{"code": "party", "pending": pending, "people_current": current}]}


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_POLL_SECONDS", 0.001)
    monkeypatch.setattr(waiting, "_LOG_LINE_SECONDS", 0.0)


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), markup=False, highlight=False)


def service(tmp_path: Path, program: str) -> Service:
    log = tmp_path / "devhost.log"
    log.touch()
    child = Child(subprocess.Popen([sys.executable, "-c", program]), log, 0)
    return Service(child, "http://127.0.0.1:1", None)


def wait(api: Course, running: Service, console: Console) -> None:
    try:
        asyncio.run(wait_for_people(api, running, "party", 6, console))
    finally:
        running.child.process.kill()
        running.child.process.wait(20)


def test_it_waits_for_the_photos_and_then_for_the_people(tmp_path: Path, console: Console) -> None:
    api = Course((6, False), (2, True), (0, False), (0, True))
    wait(api, service(tmp_path, "import time; time.sleep(60)"), console)
    assert api.asked == 4
    assert isinstance(console.file, io.StringIO)
    said = console.file.getvalue().splitlines()
    assert "encoding: 0 of 6 photos done" in said
    assert "encoding: 4 of 6 photos done" in said
    assert "grouping people: 6 of 6 photos done" in said


@pytest.mark.parametrize(("standing", "what"), [((3, False), "3 photos"), ((0, False), "the people")])
def test_patience_ends_and_says_what_it_waited_for(
    tmp_path: Path, console: Console, monkeypatch: pytest.MonkeyPatch, standing: tuple[int, bool], what: str
) -> None:
    monkeypatch.setattr(waiting, "_SECONDS_IN_ANY_CASE", 0.0)
    monkeypatch.setattr(waiting, "_SECONDS_PER_PHOTO", 0.01)
    with pytest.raises(DemoError, match=f"{what} of party are still under way"):
        wait(Course(standing), service(tmp_path, "import time; time.sleep(60)"), console)


def test_a_dev_host_that_ends_ends_the_wait(tmp_path: Path, console: Console) -> None:
    with pytest.raises(DemoError, match="ended with status 4"):
        wait(Course((6, False)), service(tmp_path, "raise SystemExit(4)"), console)
