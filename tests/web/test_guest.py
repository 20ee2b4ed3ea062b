"""What a guest does, on a phone, from the organiser's link to being forgotten."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.e2e.stack import Stack
from tests.web.drawn import draw_instead, take
from tests.web.guests import CODE, NAME, PHONE, Party, find_oneself, invite, phone, show_face
from tests.web.visitor import Visitor

pytestmark = pytest.mark.timeout(240)

_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WHEN = {
    "start_date_time": "2026-06-20T13:00:00Z",
    "end_date_time": "2026-06-20T19:00:00Z",
    "description": "By the lake, whatever the weather.",
}
# How often a photo's bytes were held in memory for the page, and let go.
_COUNT_URLS = """for (const name of ["createObjectURL", "revokeObjectURL"]) {
    const real = URL[name].bind(URL);
    window[name] = 0;
    URL[name] = (given) => { window[name] += 1; return real(given); };
}"""


@pytest.fixture(scope="module")
def invitation(browser: Browser, stack: Stack, garden: Party) -> str:
    """The link that an organiser makes on the page, for a party whose photos were dropped there."""
    with Visitor.at(browser, stack) as organiser:
        page = organiser.page
        page.goto("/")
        page.get_by_label("Name", exact=True).fill(NAME)
        page.get_by_role("button", name="Create event").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
        organiser.ask("PUT", "/events", json={"event_code": CODE, **WHEN})
        organiser.drop(garden.folder)
        expect(page.locator("#uploads .title")).to_have_text(f"{len(garden.photos)} photos sent", timeout=60_000)
        organiser.wait_for_people(CODE, len(garden.photos))
        draw_instead(organiser, CODE)
        page.goto(f"/#/events/{CODE}/share")
        page.get_by_role("button", name="Make an invitation").click()
        link = page.get_by_label("Link of the invitation", exact=True).input_value()
        code = page.get_by_role("img", name="QR code")
        expect(code).to_be_visible()
        assert code.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
        take(page, "share")
        page.goto(f"/#/events/{CODE}/overview")
        expect(page.locator("figcaption").last).to_contain_text("by the cameras’ clocks")
        assert page.get_by_role("img", name="Faces over time").locator("rect").count() > 5
        take(page, "overview")
    return link


def names_of(organiser: Visitor, uuids: set[str]) -> set[str]:
    rows = organiser.ask("GET", f"/pics?event_code={CODE}&limit=200")
    return {row["name"] for row in rows if row["uuid"] in uuids}


def test_whoever_agrees_and_shows_their_face_sees_their_photos_and_no_others(
    browser: Browser, stack: Stack, visitor: Visitor, garden: Party, invitation: str
) -> None:
    with phone(browser, stack, device_scale_factor=2) as guest:
        page = guest.page
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        answers: list[set[str]] = []
        page.on(
            "response",
            lambda response: (
                answers.append({pic["uuid"] for pic in response.json()["pics"]})
                if "/me/pics?" in response.url
                else None
            ),
        )
        page.goto(invitation)
        expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
        expect(page.locator("header")).to_contain_text("By the lake, whatever the weather.")
        take(page, "guest-arrives")
        token = invitation.partition("#")[2]
        assert token.startswith("kanta_")
        assert token not in page.url
        find = page.get_by_role("button", name="Find my photos")
        expect(find).to_be_disabled()
        page.get_by_label("Choose a photo").set_input_files(garden.selfie)
        expect(page.get_by_role("img", name="The photo you show")).to_be_visible()
        expect(find).to_be_disabled()
        agreed = page.get_by_role("checkbox", name="I agree")
        expect(agreed).not_to_be_checked()
        assert not [url for url in asked if "guest-links" in url]
        agreed.check()
        draw_instead(guest, CODE)
        find.click()
        expect(page.get_by_role("heading", name=f"{len(garden.own)} photos of you")).to_be_visible()
        expect(page.locator(".photos li")).to_have_count(len(garden.own))
        assert names_of(visitor, set.union(*answers)) == garden.own
        take(page, "guest-photos")

        with page.expect_download() as saved:
            page.get_by_role("button", name="Save all").click()
        with zipfile.ZipFile(saved.value.path()) as packed:
            assert packed.testzip() is None
            assert len(packed.namelist()) == len(garden.own)

        page.reload()
        expect(page.locator(".photos li")).to_have_count(len(garden.own))
        # Neither link was ever part of an address.
        kept = page.evaluate("localStorage.getItem('kanta-guest')")
        assert kept.count("kanta_") == 2
        assert not [url for url in [*asked, page.url] if "kanta_" in url.partition("#")[0]]

        page.get_by_role("button", name="Forget me …").click()
        page.get_by_role("dialog").get_by_role("button", name="Forget me").click()
        receipt = page.locator(".receipt")
        expect(receipt).to_contain_text("You are forgotten")
        expect(receipt).to_contain_text(f"Faces deleted{len(garden.own)}")
        page.get_by_role("button", name="Done").click()
        show_face(guest, garden.selfie)
        expect(page.get_by_role("alert").filter(has_text="Nobody")).to_be_visible()
        guest.forgive("404")
        people = visitor.ask("GET", f"/clusters?event_code={CODE}")
        assert sum(person["face_count"] for person in people) == len(garden.photos) - len(garden.own)


def test_a_photo_is_opened_turned_saved_and_freed(
    browser: Browser, stack: Stack, garden: Party, invitation: str
) -> None:
    with phone(browser, stack) as guest:
        page = guest.page
        page.context.add_init_script(_COUNT_URLS)
        find_oneself(guest, invitation, garden.other_selfie)
        first = page.locator(".photos button").first
        first.focus()
        page.keyboard.press("Enter")
        viewer = page.get_by_role("dialog")
        place = viewer.get_by_role("status")
        expect(place).to_have_text(re.compile("Photo 1 of 4, taken 20 Jun 2026, .*"))
        expect(viewer.get_by_role("link", name="Save")).to_be_visible()
        assert guest.judged() == []
        page.keyboard.press("ArrowRight")
        expect(place).to_contain_text("Photo 2 of 4")
        stage = viewer.locator(".stage")
        for kind, x in (("pointerdown", 300), ("pointerup", 60)):
            stage.dispatch_event(kind, {"clientX": x, "clientY": 300, "isPrimary": True})
        expect(place).to_contain_text("Photo 3 of 4")
        with page.expect_download() as saved:
            viewer.get_by_role("link", name="Save").click()
        assert saved.value.suggested_filename.startswith(f"{CODE}-")
        with Image.open(saved.value.path()) as photo:
            photo.load()
        page.keyboard.press("Escape")
        expect(viewer).to_have_count(0)
        expect(page.locator(".photos button").nth(2)).to_be_focused()
        held, let_go = page.evaluate("[createObjectURL, revokeObjectURL]")
        assert 3 <= held == let_go
        page.get_by_text("My link, for another device").click()
        link = page.get_by_label("My link", exact=True).input_value()
    with phone(browser, stack) as elsewhere:
        elsewhere.page.goto(link)
        expect(elsewhere.page.get_by_role("heading", name="4 photos of you")).to_be_visible()


def test_among_several_faces_one_is_tapped(
    browser: Browser, stack: Stack, garden: Party, invitation: str, tmp_path: Path
) -> None:
    with Image.open(garden.other_selfie) as one, Image.open(garden.stranger) as two:
        both = Image.new("RGB", (one.width + two.width, max(one.height, two.height)), "white")
        both.paste(two, (0, 0))
        both.paste(one, (two.width, 0))
    both.save(tmp_path / "both.jpg", quality=95)
    with phone(browser, stack) as guest:
        page = guest.page
        page.goto(invitation)
        show_face(guest, tmp_path / "both.jpg")
        expect(page.get_by_role("alert").filter(has_text="several people")).to_be_visible()
        assert guest.judged() == []
        page.get_by_role("button", name="Face 2 of 2, from the left").click()
        expect(page.get_by_role("heading", name="4 photos of you")).to_be_visible()
        guest.forgive("422")


def test_a_photo_that_shows_nobody_or_a_stranger_is_told_in_plain_words(
    browser: Browser, stack: Stack, garden: Party, invitation: str, tmp_path: Path
) -> None:
    Image.new("RGB", (400, 300), "#789").save(tmp_path / "sky.jpg")
    with phone(browser, stack) as guest:
        page = guest.page
        page.goto(invitation)
        alert = page.get_by_role("alert")
        for photo, said in (
            (tmp_path / "sky.jpg", "No face was found in this photo."),
            (garden.stranger, "Nobody in this event’s photos is surely you."),
        ):
            show_face(guest, photo)
            expect(alert.filter(has_text=said)).to_be_visible()
            assert guest.judged() == []
        expect(page.locator(".photos")).to_have_count(0)
        guest.forgive("422")
        guest.forgive("404")


def test_whether_guests_see_everything_is_the_organisers_choice_and_holds_at_once(
    browser: Browser, stack: Stack, visitor: Visitor, garden: Party, invitation: str
) -> None:
    with phone(browser, stack) as guest:
        guest.page.goto(invitation)
        tabs = guest.page.get_by_role("navigation", name="Which photos")
        expect(guest.page.get_by_role("button", name="Find my photos")).to_be_visible()
        expect(tabs).to_have_count(0)
        visitor.page.goto(f"/#/events/{CODE}/share")
        with visitor.page.expect_response("**/events"):
            visitor.page.get_by_label("All photos of the event").check()
        guest.page.reload()
        tabs.get_by_role("link", name="All photos").click()
        expect(guest.page.locator(".photos li")).to_have_count(len(garden.photos))
        assert guest.judged() == []
        with visitor.page.expect_response("**/events"):
            visitor.page.get_by_label("The photos they are in").check()
        # From wherever the guest was: the page goes on with what is left.
        guest.page.reload()
        expect(guest.page.get_by_role("button", name="Find my photos")).to_be_visible()
        expect(tabs).to_have_count(0)


def test_a_guest_adds_photos_and_leaves_nothing_on_the_device(
    browser: Browser, stack: Stack, visitor: Visitor, garden: Party
) -> None:
    visitor.ask("POST", "/events", json={"event_code": "guests-add"})
    with phone(browser, stack) as guest:
        page = guest.page
        page.goto(invite(visitor, "guests-add"))
        page.get_by_role("button", name="Add photos of mine").click()
        page.get_by_label("Photos", exact=True).set_input_files(garden.photos[0])
        expect(page.locator("#uploads .title")).to_have_text("1 photo sent")
        visitor.stack.wait_for("the guest's photo", lambda: visitor.has("guests-add")["encoded"])
        assert sum(visitor.has("guests-add").values()) == 1
        page.get_by_role("button", name="Forget this device").click()
        expect(page.get_by_role("heading", name="Find your photos")).to_be_visible()
        assert page.evaluate("localStorage.length + sessionStorage.length + document.cookie.length") == 0
    with phone(browser, stack) as guest:
        guest.page.goto(invite(visitor, "guests-add", upload=False))
        expect(guest.page.get_by_role("button", name="Find my photos")).to_be_visible()
        expect(guest.page.get_by_role("button", name="Add photos of mine")).to_have_count(0)


def test_a_link_that_has_ended_says_so_kindly(browser: Browser, stack: Stack, visitor: Visitor) -> None:
    visitor.ask("POST", "/events", json={"event_code": "ended"})
    link = invite(visitor, "ended")
    with phone(browser, stack) as guest:
        page = guest.page
        page.goto(link)
        expect(page.get_by_role("button", name="Find my photos")).to_be_visible()
        visitor.ask("DELETE", "/invitations/ended")
        for address in (page.url, link, "/join#kanta_" + 43 * "x", "/join#nonsense"):
            page.goto("about:blank")
            page.goto(address)
            expect(page.get_by_role("heading", name="This link has ended")).to_be_visible()
            assert page.evaluate("localStorage.length") == 0
            assert guest.judged() == []
            page.evaluate("localStorage.clear()")
        page.goto("about:blank")
        page.goto("/join")
        expect(page.get_by_role("heading", name="Find your photos")).to_be_visible()
        guest.forgive("401")


def test_the_guests_page_is_no_trouble_to_anybody_in_light_or_dark(
    browser: Browser, stack: Stack, garden: Party, invitation: str
) -> None:
    with phone(browser, stack, reduced_motion="reduce") as guest:
        page = guest.page

        def no_trouble() -> None:
            for scheme in _SCHEMES:
                page.emulate_media(color_scheme=scheme)
                assert guest.judged() == [], scheme
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

        page.goto(invitation)
        expect(page.get_by_role("button", name="Find my photos")).to_be_visible()
        no_trouble()
        show_face(guest, garden.other_selfie)
        expect(page.locator(".photos img").first).to_be_visible()
        page.wait_for_load_state("networkidle")
        no_trouble()
        page.get_by_role("button", name="Forget me …").click()
        no_trouble()
