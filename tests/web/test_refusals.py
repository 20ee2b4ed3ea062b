"""Photos through the page where storage, Kanta or the network refuses them: none is lost, or tried for ever."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Semaphore, Thread

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from tests.e2e.stack import Stack
from tests.web.sending import Traffic, choose, jpeg, open_event, stored, title
from tests.web.visitor import Visitor

pytestmark = pytest.mark.timeout(120)
MEBIBYTE = 2**20
HOUR = 3_600_000
# How often a file is read as a whole, and how many places are asked for at the same time.
_COUNTING = """
window.read = window.asking = window.most = 0
const whole = Blob.prototype.arrayBuffer
Blob.prototype.arrayBuffer = function () {
  window.read += this instanceof File
  return whole.call(this)
}
const ask = window.fetch
window.fetch = async (address, ...rest) => {
  const counts = String(address).startsWith("/upload-tickets/")
  window.asking += counts
  window.most = Math.max(window.most, window.asking)
  try {
    return await ask(address, ...rest)
  } finally {
    window.asking -= counts
  }
}
"""


@pytest.fixture
def anywhere(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """An organiser whose browser lets the page write to other addresses than the account's."""
    with Visitor.at(browser, stack, bypass_csp=True) as visitor:
        yield visitor


def refuse(route: Route, status: int, code: str) -> None:
    """As storage does."""
    headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "retry-after"}
    route.fulfill(status=status, headers=headers, body=f"<Error><Code>{code}</Code></Error>")


def test_of_many_files_with_one_that_kanta_takes_not_each_is_read_once_and_asked_for_in_turn(
    visitor: Visitor, photos: Callable[..., list[Path]]
) -> None:
    visitor.page.add_init_script(_COUNTING)
    page = open_event(visitor, "one-of-many")
    asked: list[int] = []

    def refuse_the_third(route: Route) -> None:
        names = [each["name"] for each in json.loads(route.request.post_data or "{}")["files"]]
        asked.append(len(names))
        if "photo 2.jpg" in names:
            route.fulfill(status=422, json={"detail": "The name is no photo's."})
        else:
            route.continue_()

    page.context.route("**/upload-tickets/one-of-many", refuse_the_third)
    choose(page, photos(8))
    title(page, "7 photos sent")
    page.locator("#uploads summary").click()
    expect(page.locator("#uploads li")).to_contain_text("photo 2.jpg The name is no photo's.")
    assert asked == [8, *[1] * 8]
    assert page.evaluate("[window.read, window.most]") == [8, 1]
    visitor.forgive("422")


def test_a_large_photo_starts_over_where_blocks_are_gone_and_goes_through_kanta_where_they_are_refused(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = open_event(visitor, "unjoined")
    large = tmp_path / "large.jpg"
    large.write_bytes(jpeg(1, padding=17 * MEBIBYTE))
    answers = iter(["InvalidBlockList"])
    page.context.route(
        re.compile("comp=blocklist"), lambda route: refuse(route, 400, next(answers, "InvalidMetadata"))
    )
    traffic = Traffic(visitor)
    choose(page, [large])
    title(page, "1 photo sent")
    # Five blocks and the list of them, twice.
    assert len(traffic.straight) == 12
    assert traffic.photos_through == 1
    assert len(stored(visitor, "unjoined")) == 1
    visitor.forgive("400")


def test_a_photo_is_not_taken_for_sent_where_kanta_may_not_write_any_more(
    anywhere: Visitor, photos: Callable[..., list[Path]]
) -> None:
    page = open_event(anywhere, "no-right")
    first, second = photos(2)
    sent: list[str] = []

    def encrypt(route: Route) -> None:
        given = route.fetch()
        route.fulfill(response=given, body=re.sub(r"http(?=://[^\"]+/photos/)", "https", given.text()))

    def take_one_lose_one_and_refuse(route: Route) -> None:
        sent.append(route.request.url)
        if len(sent) == 1:
            plain = route.request.url.replace("https:", "http:")
            route.fulfill(response=route.fetch(url=plain, post_data=first.read_bytes()))
        elif len(sent) == 2:
            route.abort("connectionreset")
        else:
            refuse(route, 403, "AuthorizationPermissionMismatch")

    page.context.route("**/upload-tickets/no-right", encrypt)
    page.context.route("https://**/photos/no-right/**", take_one_lose_one_and_refuse)
    traffic = Traffic(anywhere)
    choose(page, [first])
    title(page, "1 photo sent")
    choose(page, [second])
    expect(page.locator("#uploads")).to_contain_text("Trying again in")
    title(page, "1 photo sent")
    # Once more with the link it had, and once with a new one.
    assert len(sent) == 4
    assert traffic.photos_through == 1
    assert len(stored(anywhere, "no-right")) == 2
    anywhere.forgive("ERR_CONNECTION_RESET")
    anywhere.forgive("403")


def test_a_link_that_has_ended_is_not_begun_with(visitor: Visitor, photos: Callable[..., list[Path]]) -> None:
    visitor.page.clock.install()
    page = open_event(visitor, "outlived")
    page.context.route("**/photos/outlived/**", lambda _: None)
    asked: list[str] = []
    put: list[str] = []

    def note(request: Request) -> None:
        if request.method == "PUT":
            put.append(request.url.split("?")[0].rpartition("/")[0])
        elif "/upload-tickets/" in request.url:
            asked.append(request.url)

    page.on("request", note)
    with page.expect_request(lambda request: request.method == "PUT"):
        choose(page, photos(6))
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#uploads .title")).to_contain_text("Paused")
    page.context.unroute("**/photos/outlived/**")
    before = set(put)
    page.clock.fast_forward(5 * HOUR)
    put.clear()
    page.get_by_role("button", name="Go on").click()
    title(page, "6 photos sent")
    assert len(put) == 6
    assert before.isdisjoint(put)
    # By its clock the page has no link that is good; it asks no more often for that.
    assert len(asked) == 2


class _CuttingOff(BaseHTTPRequestHandler):
    """Lets a photo begin, and breaks the connection when it is told to."""

    may_cut = Semaphore(0)

    def do_OPTIONS(self) -> None:
        self.send_response(204)
        for name in ("Origin", "Methods", "Headers"):
            self.send_header(f"Access-Control-Allow-{name}", "PUT" if name == "Methods" else self._own(name))
        self.end_headers()

    def do_PUT(self) -> None:
        self.rfile.read(64 * 1024)
        self.may_cut.acquire(timeout=30)

    def _own(self, name: str) -> str:
        return self.headers["Origin" if name == "Origin" else "Access-Control-Request-Headers"]

    def log_message(self, *_: object) -> None:
        """Nothing: what was asked is seen in the page."""


@pytest.fixture
def cutting_off() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("localhost", 0), _CuttingOff) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_where_the_network_cuts_photos_off_on_their_way_to_storage_they_go_through_kanta(
    anywhere: Visitor, cutting_off: ThreadingHTTPServer, tmp_path: Path
) -> None:
    page = open_event(anywhere, "cut-off")
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(jpeg(1, padding=8 * MEBIBYTE))

    def lead_astray(route: Route) -> None:
        given = route.fetch()
        astray = f"http://localhost:{cutting_off.server_port}/"
        route.fulfill(response=given, body=re.sub(r"http://[^/]+/(?=[^\"]*photos/)", astray, given.text()))

    page.context.route("**/upload-tickets/cut-off", lead_astray)
    traffic = Traffic(anywhere)
    choose(page, [photo])
    bar = page.get_by_role("progressbar", name="Upload")
    for attempt in range(2):
        anywhere.stack.wait_for("a photo on its way", lambda: float(bar.evaluate("bar => bar.value")) > 0)
        _CuttingOff.may_cut.release()
        if attempt == 0:
            expect(page.locator("#uploads")).to_contain_text("Trying again in")
    title(page, "1 photo sent")
    assert len(traffic.straight) == 2
    assert traffic.photos_through == 1
    assert len(stored(anywhere, "cut-off")) == 1
    anywhere.forgive("net::ERR_")
