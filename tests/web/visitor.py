"""An organiser at a real browser, watched: no error goes unseen, and no request leaves the machine."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request

from tests.e2e.stack import ROOT, Stack

KEY = "an-organiser-key-for-tests-in-browsers"
# Of everything that was loaded, unpacked.
WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
_AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
_HERE = {"localhost", "127.0.0.1"}


@dataclass
class Visitor:
    page: Page
    stack: Stack
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @classmethod
    @contextlib.contextmanager
    def at(cls, browser: Browser, stack: Stack, *, key: str | None = KEY, **options: Any) -> Iterator[Visitor]:  # noqa: ANN401 - Playwright's
        """A new window with nothing in it. What it complained of fails the test in the end."""
        context = browser.new_context(**{"base_url": stack.url, **options})
        context.set_default_timeout(20_000)
        if key is not None:
            context.add_init_script(f"sessionStorage.setItem('kanta-organiser-key', '{key}')")
        visitor = cls(context.new_page(), stack)
        visitor.page.on("console", visitor._heard)
        visitor.page.on("pageerror", visitor._failed)
        visitor.page.on("request", visitor._asked)
        visitor.page.on("dialog", visitor._answered)
        try:
            yield visitor
            assert visitor.complaints == [], visitor.complaints
            assert visitor.elsewhere == [], visitor.elsewhere
        finally:
            context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _failed(self, error: Error) -> None:
        self.complaints.append(error.stack or error.message)

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).hostname not in _HERE and urlsplit(request.url).scheme not in ("blob", "data"):
            self.elsewhere.append(request.url)

    def _answered(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.type)
        dialog.dismiss()

    def forgive(self, said: str) -> None:
        """Take back the complaints that a test provoked; there must be one at least."""
        many = len(self.complaints)
        self.overlook(said)
        assert len(self.complaints) < many, self.complaints

    def overlook(self, said: str) -> None:
        """The same where it is a matter of moments whether there is any."""
        self.complaints[:] = [complaint for complaint in self.complaints if said not in complaint]

    def ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - passed on, and JSON
        """The API's answer to the organiser, beside the browser."""
        headers = {"Authorization": f"Bearer {KEY}"}
        answer = httpx.request(method, self.stack.url + path, headers=headers, timeout=30, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def has(self, code: str) -> dict[str, int]:
        """How many photos the event has, by state."""
        return dict(self.ask("GET", f"/reports/{code}")["photos"])

    def wait_for_people(self, code: str, photos: int) -> None:
        """Until the event has so many photos, all are final, and its people reflect them."""

        def current() -> bool:
            # In this order: a photo that comes between the two makes the people of the first not current.
            many = sum(self.has(code).values())
            (event,) = self.ask("GET", f"/events?event_code={code}")["events"]
            return many == photos and bool(event["people_current"]) and not event["pending"]

        self.stack.wait_for(f"the people of {code}", current)

    def drop(self, *paths: Path) -> None:
        """Let go of files or folders in the middle of the page, as from the desktop."""
        devtools = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            devtools.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})

    def judged(self) -> Sequence[str]:
        """What axe-core finds wrong with the page as it stands, serious or worse."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found = self.page.evaluate("axe.run()")
        return [
            f"{each['impact']} {each['id']}: {each['nodes'][0]['html'][:200]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]
