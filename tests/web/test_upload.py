"""Many photos through the page: the progress is true, and no interruption loses or doubles one."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.stack import Stack
from tests.web.visitor import Visitor

pytestmark = pytest.mark.timeout(240)
MANY = 500
# As many as the page sends at once: they may have arrived without its knowing.
ON_THEIR_WAY = 4
# Of everything that was loaded, unpacked.
_WEIGHT = """[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
    .reduce((sum, each) => sum + each.decodedBodySize, 0)"""


@pytest.fixture
def many_photos(tmp_path: Path) -> Path:
    """A folder of small photos, each of other bytes, in folders of folders."""
    noise = np.random.default_rng(11)
    for number in range(MANY):
        out = io.BytesIO()
        Image.fromarray(noise.integers(0, 255, (24, 24, 3), np.uint8)).save(out, "JPEG")
        folder = tmp_path / "many" / f"day {number % 3}" / f"camera {number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"photo {number}.jpg").write_bytes(out.getvalue())
    return tmp_path / "many"


def arrived(page: Page) -> int:
    """How many photos the page says have arrived."""
    found = re.search(r"(\d+) of", page.locator("#uploads .title").inner_text())
    return int(found.group(1)) if found else 0


def test_five_hundred_photos_arrive_once_through_a_pause_and_a_lost_connection(
    visitor: Visitor, many_photos: Path
) -> None:
    page = visitor.page
    visitor.ask("POST", "/events", json={"event_code": "many"})
    page.goto("/#/events/many/photos")
    page.get_by_label("A folder").set_input_files(many_photos)
    title = page.locator("#uploads .title")
    expect(title).to_contain_text("of 500 photos")

    visitor.stack.wait_for("some progress", lambda: arrived(page) >= 50)
    page.get_by_role("button", name="Pause").click()
    expect(title).to_contain_text("Paused")
    said, there = arrived(page), sum(visitor.has("many").values())
    assert said <= there <= said + ON_THEIR_WAY
    page.close(run_before_unload=True)
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert visitor.dialogs == ["beforeunload"]

    page.get_by_role("button", name="Go on").click()
    visitor.stack.wait_for("more progress", lambda: arrived(page) >= said + 50)
    page.context.set_offline(True)
    expect(page.locator("#uploads")).to_contain_text("Trying again in")
    held = arrived(page)
    assert held <= sum(visitor.has("many").values()) <= held + 2 * ON_THEIR_WAY
    page.context.set_offline(False)
    expect(title).to_have_text("500 photos uploaded", timeout=90_000)
    assert sum(visitor.has("many").values()) == MANY
    expect(page.get_by_role("link", name="All 500")).to_be_visible()
    visitor.forgive("ERR_INTERNET_DISCONNECTED")
    visitor.ask("DELETE", "/events", json={"event_code": "many"})


def test_the_first_view_is_light_and_soon_there(
    browser: Browser, stack: Stack, record_property: Callable[[str, object], None]
) -> None:
    seconds, weights = [], []
    for _ in range(3):
        # Each with an empty cache.
        with Visitor.at(browser, stack) as visitor:
            visitor.page.goto("/")
            visitor.page.get_by_role("button", name="Create event").wait_for()
            seconds.append(visitor.page.evaluate("performance.now()") / 1_000)
            weights.append(visitor.page.evaluate(_WEIGHT))
    record_property("figure", f"the first view: {max(weights):,} bytes, there in {min(seconds):.2f} s")
    assert max(weights) <= 100_000
    assert min(seconds) < 1
