"""Photos through the page: straight to storage, with true progress; no interruption loses or doubles one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.stack import Stack
from tests.web.guests import invite, phone
from tests.web.sending import Traffic, arrived, choose, jpeg, open_event, states, stored, title
from tests.web.visitor import Visitor

pytestmark = pytest.mark.timeout(240)
MANY = 500
# As many as the page sends at once: they may have arrived without its knowing.
ON_THEIR_WAY = 4
MEBIBYTE = 2**20


def test_what_was_here_before_is_not_sent_again_and_what_is_there_twice_is_a_duplicate(
    visitor: Visitor, photos: Callable[..., list[Path]], tmp_path: Path
) -> None:
    page = open_event(visitor, "twice")
    first, second = photos(2)
    copy = tmp_path / "the same in another name.jpg"
    copy.write_bytes(first.read_bytes())
    choose(page, [first, second, copy])
    title(page, "3 photos sent")
    assert states(visitor, "twice", 3) == {"encoded": 2, "duplicate": 1}
    expect(page.get_by_role("link", name="Duplicates 1")).to_be_visible()

    traffic = Traffic(visitor)
    choose(page, [first, second, copy])
    title(page, "Nothing new")
    expect(page.locator("#uploads")).to_contain_text("3 photos had been here before")
    assert traffic.straight == []
    assert traffic.photos_through == 0
    assert states(visitor, "twice", 3) == {"encoded": 2, "duplicate": 1}


def test_a_large_photo_goes_on_at_the_block_where_the_connection_was_lost(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = open_event(visitor, "large")
    large = tmp_path / "large.jpg"
    large.write_bytes(jpeg(1, padding=17 * MEBIBYTE))
    traffic = Traffic(visitor)
    lost: list[str] = []

    def lose_the_third_once(route: Route) -> None:
        if not lost and len({block_of(url) for url in traffic.straight}) == 3:
            lost.append(route.request.url)
            route.abort("connectionreset")
        else:
            route.continue_()

    page.context.route(re.compile("comp=block&"), lose_the_third_once)
    choose(page, [large])
    expect(page.locator("#uploads")).to_contain_text("Trying again in")
    bar = page.get_by_role("progressbar", name="Upload")
    assert 8 * MEBIBYTE <= float(bar.evaluate("bar => bar.value")) < 9 * MEBIBYTE
    title(page, "1 photo sent")
    blocks = [block_of(url) for url in traffic.straight]
    # Five blocks, the third twice, and the list of them.
    assert blocks == [*blocks[:3], blocks[2], *blocks[4:6], ""]
    assert len(set(blocks)) == 6
    assert traffic.photos_through == 0
    (blob,) = visitor.stack.photos.list_blobs(name_starts_with="large/")
    assert visitor.stack.photos.download_blob(blob.name).readall() == large.read_bytes()
    assert states(visitor, "large", 1) == {"encoded": 1}
    visitor.forgive("ERR_CONNECTION_RESET")


def block_of(url: str) -> str:
    found = re.search(r"blockid=([^&]+)", url)
    return found.group(1) if found else ""


def test_a_photo_whose_answer_was_lost_is_known_to_have_arrived(
    visitor: Visitor, photos: Callable[..., list[Path]]
) -> None:
    page = open_event(visitor, "unsure")
    choose(page, photos(1))
    title(page, "1 photo sent")
    (photo,) = photos(1, first=1)
    lost: list[int] = []

    def lose_the_answer_once(route: Route) -> None:
        if lost or route.request.method != "PUT":
            route.continue_()
            return
        lost.append(route.fetch(post_data=photo.read_bytes()).status)
        route.abort("connectionreset")

    page.context.route("**/photos/unsure/**", lose_the_answer_once)
    choose(page, [photo])
    expect(page.locator("#uploads")).to_contain_text("Trying again in")
    title(page, "1 photo sent")
    assert lost == [201]
    assert len(stored(visitor, "unsure")) == 2
    assert states(visitor, "unsure", 2) == {"encoded": 2}
    visitor.forgive("ERR_CONNECTION_RESET")
    visitor.forgive("403")


def test_a_ticket_that_has_expired_is_renewed(visitor: Visitor, photos: Callable[..., list[Path]]) -> None:
    page = open_event(visitor, "late")
    asked: list[Route] = []

    def give_an_old_one_first(route: Route) -> None:
        asked.append(route)
        given = route.fetch()
        body = given.text() if len(asked) > 1 else re.sub(r"se=20\d\d", "se=2001", given.text())
        route.fulfill(response=given, body=body)

    page.context.route("**/upload-tickets/late", give_an_old_one_first)
    traffic = Traffic(visitor)
    choose(page, photos(6))
    title(page, "6 photos sent")
    assert len(stored(visitor, "late")) == 6
    assert traffic.photos_through == 0
    # One ticket each for those that were on their way with the old one, at most.
    assert 2 <= len(asked) <= 1 + ON_THEIR_WAY
    visitor.forgive("403")


def _strangers(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """At an address that the account has no rule for: its storage answers no page from there."""
    with Visitor.at(browser, stack, base_url=stack.url.replace("localhost", "127.0.0.1")) as visitor:
        yield visitor


@pytest.fixture(params=["no rule for the page's address", "a firewall"])
def shut_out(request: pytest.FixtureRequest, browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """An organiser whose browser reaches Kanta, but not its storage."""
    if request.param == "a firewall":
        with Visitor.at(browser, stack) as visitor:
            visitor.page.context.route("**/photos/shut-out/**", lambda route: route.abort("connectionrefused"))
            yield visitor
    else:
        yield from _strangers(browser, stack)


def test_where_storage_cant_be_reached_photos_go_through_kanta_after_the_first_failure(
    shut_out: Visitor, photos: Callable[..., list[Path]], tmp_path: Path
) -> None:
    page = open_event(shut_out, "shut-out")
    traffic = Traffic(shut_out)
    (tmp_path / "notes.jpg").write_text("no photo at all")
    choose(page, [*photos(6), tmp_path / "notes.jpg"])
    title(page, "6 photos sent")
    page.locator("#uploads summary").click()
    expect(page.locator("#uploads li")).to_contain_text(
        "notes.jpg The file is not a photo in a format Kanta reads"
    )
    failed = len(traffic.straight)
    assert failed <= ON_THEIR_WAY
    # Found out once a visit.
    choose(page, photos(2, first=6))
    title(page, "2 photos sent")
    assert len(traffic.straight) == failed
    # Eight photos and what is none.
    assert traffic.photos_through == 9
    assert states(shut_out, "shut-out", 8) == {"encoded": 8}
    assert len(set(stored(shut_out, "shut-out").values())) == len(stored(shut_out, "shut-out")) == 8
    shut_out.complaints.clear()
    page.close()
    shut_out.ask("DELETE", "/events", json={"event_code": "shut-out"})


def test_a_network_that_swallows_what_is_for_storage_is_found_out_within_half_a_minute(
    visitor: Visitor, photos: Callable[..., list[Path]]
) -> None:
    page = visitor.page
    page.clock.install()
    open_event(visitor, "swallowed")
    page.context.route("**/photos/swallowed/**", lambda _: None)
    with page.expect_request(lambda request: request.method == "PUT"):
        choose(page, photos(2))
    page.clock.fast_forward(30_000)
    title(page, "2 photos sent")
    assert states(visitor, "swallowed", 2) == {"encoded": 2}


def test_a_guests_photos_go_straight_to_storage_too(
    browser: Browser, stack: Stack, visitor: Visitor, photos: Callable[..., list[Path]]
) -> None:
    visitor.ask("POST", "/events", json={"event_code": "by-guests"})
    with phone(browser, stack) as guest:
        guest.page.goto(invite(visitor, "by-guests"))
        traffic = Traffic(guest)
        guest.page.get_by_role("button", name="Add photos of mine").click()
        choose(guest.page, photos(3))
        title(guest.page, "3 photos sent")
    assert len(traffic.straight) == 3
    assert traffic.photos_through == 0
    assert states(visitor, "by-guests", 3) == {"encoded": 3}


# The last one: what it leaves to do would keep the others waiting.
def test_five_hundred_photos_arrive_once_through_a_pause_and_a_lost_connection(
    visitor: Visitor, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    for number in range(MANY):
        folder = tmp_path / "many" / f"day {number % 3}" / f"camera {number % 2}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"photo {number}.jpg").write_bytes(jpeg(number))
    page = open_event(visitor, "many")
    traffic = Traffic(visitor)
    page.get_by_label("A folder").set_input_files(tmp_path / "many")
    heading = page.locator("#uploads .title")
    expect(heading).to_contain_text("of 500 photos")

    visitor.stack.wait_for("some progress", lambda: arrived(page) >= 50)
    page.get_by_role("button", name="Pause").click()
    expect(heading).to_contain_text("Paused")
    said, there = arrived(page), len(stored(visitor, "many"))
    assert said <= there <= said + ON_THEIR_WAY
    page.close(run_before_unload=True)
    expect(page.get_by_role("button", name="Go on")).to_be_visible()
    assert visitor.dialogs == ["beforeunload"]

    page.get_by_role("button", name="Go on").click()
    visitor.stack.wait_for("more progress", lambda: arrived(page) >= said + 50)
    page.context.set_offline(True)
    expect(page.locator("#uploads")).to_contain_text("Trying again in")
    held = arrived(page)
    assert held <= len(stored(visitor, "many")) <= held + 2 * ON_THEIR_WAY
    page.context.set_offline(False)
    title(page, "500 photos sent", timeout=90_000)
    found = stored(visitor, "many")
    assert len(found) == len(set(found.values())) == MANY
    # No photo's bytes have crossed the function app.
    assert len(traffic.straight) >= MANY
    assert traffic.photos_through == 0
    record_property(
        "figure",
        f"{MANY} photos through the page: {len(traffic.straight)} requests to storage, {len(traffic.through)} to "
        f"the function app with {sum(traffic.through):,} bytes in all, none of a photo",
    )
    visitor.forgive("ERR_INTERNET_DISCONNECTED")
    # Sent again, and refused, as it had arrived before the pause.
    visitor.overlook("403")
    page.close()
    visitor.ask("DELETE", "/events", json={"event_code": "many"})
