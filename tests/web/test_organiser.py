"""What an organiser does, in a real browser, over a whole Kanta that is closed."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from playwright.sync_api import Browser, Page, expect

from tests.e2e.stack import Stack
from tests.web.drawn import draw_instead, take
from tests.web.guests import invite, phone
from tests.web.visitor import KEY, Visitor

pytestmark = pytest.mark.timeout(240)

EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'
# On a phone by day, and at a desk by night.
_LOOKS: tuple[tuple[Literal["light", "dark"], int], ...] = (("light", 390), ("dark", 1280))
_PLACES = ("photos", "people", "people/1", "questions", "share", "overview", "history", "settings")


# Whether the first two people's faces are to be seen.
_SHOWN = "[...document.querySelectorAll('.people img')].slice(0, 2).every((image) => image.naturalWidth > 0)"


def create_event(page: Page, name: str, code: str) -> None:
    page.goto("/")
    page.get_by_label("Name", exact=True).fill(name)
    expect(page.get_by_label("Code", exact=True)).to_have_value(code)
    page.get_by_role("button", name="Create event").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def _evil_exif() -> Image.Exif:
    """What a camera may have been made to say about its photo and its owner."""
    exif = Image.Exif()
    exif[Base.ImageDescription] = exif[Base.Artist] = exif[Base.Copyright] = exif[Base.Model] = EVIL
    exif.get_ifd(IFD.Exif)[Base.UserComment] = b"ASCII\0\0\0" + EVIL.encode()
    return exif


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the event").get_by_role("link", name=name).click()


def status(page: Page) -> str:
    return page.locator("#notices").inner_text()


def test_a_dropped_folder_becomes_people_who_are_named_merged_and_unmerged(visitor: Visitor, party: Path) -> None:
    page = visitor.page
    photos = len([path for path in party.iterdir() if path.suffix in (".png", ".jpg")])
    create_event(page, "Yale’s party", "yales-party")
    visitor.drop(party)
    expect(page.locator("#uploads .title")).to_have_text(f"{photos} photos sent", timeout=60_000)
    visitor.wait_for_people("yales-party", photos)
    people = len(visitor.ask("GET", "/clusters?event_code=yales-party"))
    open_tab(page, "People")
    cards = page.locator(".people li")
    expect(cards).to_have_count(people, timeout=30_000)
    visitor.stack.wait_for("pictures", lambda: page.evaluate(_SHOWN))
    draw_instead(visitor, "yales-party")

    cards.first.get_by_role("link").click()
    page.get_by_label("Name", exact=True).fill("Ada")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator(".panel h2")).to_have_text("Ada")
    open_tab(page, "People")
    cards.nth(0).get_by_role("checkbox").check()
    cards.nth(1).get_by_role("checkbox").check()
    page.get_by_role("button", name="Merge").click()
    expect(cards).to_have_count(people - 1)
    assert "2 people are one now: Ada." in status(page)
    page.get_by_role("button", name="Undo").click()
    expect(cards).to_have_count(people)
    open_tab(page, "History")
    expect(page.locator(".history li")).to_have_count(2)
    expect(page.locator(".history .undone")).to_have_count(1)


def test_an_event_is_seen_at_a_glance_and_its_people_and_photos_are_taken_along(
    visitor: Visitor, party: Path
) -> None:
    page = visitor.page
    draw_instead(visitor, "yales-party")
    page.goto("/#/events/yales-party/overview")
    people = visitor.ask("GET", "/clusters?event_code=yales-party")
    most = max(person["image_count"] for person in people if person["cluster_id"] > 0)
    plots = page.get_by_role("img", name="People by photos"), page.get_by_role("img", name="Faces over time")
    for plot in plots:
        expect(plot).to_be_visible()
    expect(page.locator("figcaption").first).to_contain_text(f"in {most} photos")
    page.get_by_text("As a table").first.click()
    rows = page.get_by_role("region", name="People by photos, as a table").get_by_role("row")
    expect(rows).to_have_count(1 + len([person for person in people if person["cluster_id"] > 0]))
    page.goto("/#/events/yales-party/people")
    expect(page.locator(".people li").first).to_be_visible()
    take(page, "people")

    page.goto("/#/events/yales-party/people/1")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download photos").click()
    with zipfile.ZipFile(saved.value.path()) as packed:
        (one,) = (person for person in people if person["cluster_id"] == 1)
        assert len(packed.namelist()) == one["image_count"]
        for name in packed.namelist():
            assert packed.read(name) == (party / name).read_bytes()


def test_a_line_for_azcopy_is_made_to_be_copied(visitor: Visitor) -> None:
    page = visitor.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/#/events/yales-party/photos")
    page.get_by_text("Send a folder with azcopy").click()
    page.get_by_role("button", name="Make a command line").click()
    line = page.get_by_label("azcopy’s command line", exact=True).input_value()
    assert re.fullmatch(r'azcopy copy "<folder>/\*" "http[^"]+/photos/yales-party/[^"]+" --recursive.*', line)
    page.get_by_role("button", name="Copy: azcopy’s command line").click()
    expect(page.locator("#notices")).to_contain_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == line
    assert visitor.judged() == []


def test_another_program_is_told_what_happens_until_it_is_removed(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/#/events/yales-party/settings")
    page.get_by_label("Address", exact=True).fill("http://127.0.0.1:9/kanta")
    page.get_by_label("People change").uncheck()
    page.get_by_role("button", name="Add", exact=True).click()
    dialog = page.get_by_role("dialog")
    secret = dialog.get_by_label("Secret", exact=True).input_value()
    (webhook,) = visitor.ask("GET", "/webhooks/yales-party")
    assert webhook["kinds"] == ["photo.encoded"]
    assert len(secret) > 30
    assert secret not in str(webhook)
    assert visitor.judged() == []
    dialog.get_by_role("button", name="I have it").click()
    page.get_by_role("button", name="Remove http://127.0.0.1:9/kanta").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(page.locator("#notices")).to_contain_text("removed")
    assert visitor.ask("GET", "/webhooks/yales-party") == []


def test_who_acts_on_what_changed_meanwhile_is_told_and_changes_nothing(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/#/events/yales-party/people")
    page.locator(".people li a").first.click()
    page.get_by_role("button", name="Hide").wait_for()
    number = int(page.url.rsplit("/", 1)[1])
    seen = visitor.ask("GET", f"/people/yales-party/{number}")
    name = {"kind": "name", "cluster_id": number, "name": "Bea", "revisions": {number: seen["revision"]}}
    visitor.ask("POST", "/corrections/yales-party", json=name)
    page.get_by_role("button", name="Hide").click()
    expect(page.locator("#notices")).to_contain_text("changed these people meanwhile")
    expect(page.locator(".panel h2")).to_have_text("Bea")
    assert visitor.ask("GET", f"/people/yales-party/{number}")["hidden"] is False
    visitor.forgive("409")


def test_a_face_is_split_off_and_a_person_hidden_until_both_are_taken_back(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/#/events/yales-party/people")
    cards = page.locator(".people li")
    cards.first.wait_for()
    people = cards.count()
    cards.first.get_by_role("link").click()
    faces = page.locator(".faces li")
    faces.first.wait_for()
    many = faces.count()
    page.get_by_role("link", name="Photos").last.click()
    expect(page.locator(".photos li")).to_have_count(many)
    expect(page.locator(".panel")).to_contain_text("Photos of one person. Show all photos")
    page.go_back()
    faces.last.get_by_role("checkbox").check()
    page.get_by_role("button", name="Another person").click()
    expect(faces).to_have_count(many - 1)
    page.get_by_role("button", name="Hide").click()
    expect(page.locator(".panel")).to_contain_text("· hidden")
    open_tab(page, "People")
    # One more by the split, one less by the hiding.
    expect(cards).to_have_count(people)
    page.get_by_role("link", name="Show hidden").click()
    expect(cards).to_have_count(1)
    open_tab(page, "History")
    for kind in ("is hidden", "became person"):
        page.locator(".history li", has_text=kind).first.get_by_role("button", name="Undo").click()
        expect(page.locator(".history li", has_text=kind).first).to_have_class("undone")
    open_tab(page, "People")
    expect(cards).to_have_count(people)
    cards.first.get_by_role("link").click()
    expect(faces).to_have_count(many)


def test_a_doubt_that_is_answered_is_not_asked_again(visitor: Visitor) -> None:
    page = visitor.page
    asked = visitor.ask("GET", "/doubts/yales-party")
    if not asked:
        pytest.skip("nobody among the sample photos is doubtful; the Yale faces are not at hand")
    assert {doubt["kind"] for doubt in asked} == {"two_people", "same_person"}
    page.goto("/#/events/yales-party/questions")
    questions = page.locator(".questions > li")
    expect(questions).to_have_count(len(asked))
    alike = questions.filter(has_text="Are these the same person?").first
    alike.get_by_role("button", name="Two people").click()
    expect(questions).to_have_count(len(asked) - 1)
    mixed = questions.filter(has_text="one person?").filter(has_not_text="the same person").first
    mixed.get_by_role("button", name="One person").click()
    expect(questions).to_have_count(len(asked) - 2)
    page.get_by_role("button", name="Undo").click()
    expect(questions).to_have_count(len(asked) - 1)


def test_what_is_no_photo_is_told_why_and_the_others_go_on(visitor: Visitor, party: Path, tmp_path: Path) -> None:
    page = visitor.page
    create_event(page, "Mixed", "mixed")
    (tmp_path / "notes.jpg").write_text("no photo at all")
    (tmp_path / ".DS_Store").write_text("a folder's own")
    good = min(party.glob("*.*g"))
    page.get_by_label("Photos", exact=True).set_input_files([tmp_path / "notes.jpg", tmp_path / ".DS_Store", good])
    # What the bytes are is found out where they arrive.
    expect(page.locator("#uploads .title")).to_have_text("2 photos sent")
    page.get_by_role("link", name="Rejected 1").click()
    rejected = page.locator(".photos li.rejected")
    expect(rejected).to_have_count(1)
    expect(rejected).to_contain_text("The file is not a photo in a format Kanta reads")
    expect(rejected).to_contain_text("notes.jpg")
    visitor.wait_for_people("mixed", 2)
    assert visitor.has("mixed")["encoded"] == 1


def test_a_rejected_drop_shows_its_reason_and_is_tried_again_on_request(visitor: Visitor, party: Path) -> None:
    page = visitor.page
    create_event(page, "Drops", "drops")
    whole = min(party.glob("*.*g")).read_bytes()
    visitor.stack.photos.upload_blob("drops/cut off.png", whole[: len(whole) // 2])
    page.get_by_role("link", name="Rejected 1").click()
    expect(page.locator(".photos li.rejected")).to_contain_text("damaged or cut off")
    page.get_by_role("button", name="Retry all rejected").click()
    expect(page.locator("#notices")).to_contain_text("1 photo will be tried again")
    expect(page.locator(".photos li.rejected")).to_contain_text("damaged or cut off")


def test_names_that_are_markup_are_shown_as_they_are_written(
    browser: Browser, visitor: Visitor, party: Path, tmp_path: Path
) -> None:
    page = visitor.page
    evil = {"event_code": "evil", "name": EVIL, "description": EVIL, "guests_see": "everything"}
    visitor.ask("POST", "/events", json={**evil, "start_date_time": "2026-11-21T12:00:00Z"})
    photo = tmp_path / "<img src=x onerror=alert(3)>.jpg"
    with Image.open(min(party.glob("*.*g"))) as image:
        image.convert("RGB").save(photo, quality=95, exif=_evil_exif())
    page.goto("/")
    expect(page.get_by_role("link", name=EVIL)).to_be_visible()
    page.goto("/#/events/evil")
    page.get_by_label("Photos", exact=True).set_input_files([photo])
    page.get_by_role("button", name=photo.name).click()
    expect(page.get_by_role("dialog").locator("figcaption")).to_have_text(photo.name)
    page.keyboard.press("Escape")
    open_tab(page, "People")
    page.locator(".people li a").first.click(timeout=60_000)
    page.get_by_label("Name", exact=True).fill(EVIL)
    page.get_by_role("button", name="Save name").click()
    expect(page.locator(".panel h2")).to_have_text(EVIL)
    expect(page.locator("#notices")).to_contain_text(EVIL)
    visitor.ask("POST", "/tokens/evil", json={"scopes": ["browse"], "label": EVIL})
    for tab in ("People", "Share", "Overview", "History", "Settings"):
        open_tab(page, tab)
        expect(page.get_by_role("heading", name=tab, exact=True)).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src='x'], main script").count() == 0
    assert visitor.dialogs == []
    with phone(browser, visitor.stack) as guest:
        guest.page.goto(invite(visitor, "evil"))
        expect(guest.page.get_by_role("heading", level=1)).to_have_text(EVIL)
        expect(guest.page.locator("header p").last).to_have_text(EVIL)
        guest.page.get_by_role("link", name="All photos").click()
        guest.page.locator(".photos button").first.click()
        expect(guest.page.get_by_role("dialog").get_by_role("link", name="Save")).to_be_visible()
        assert guest.page.locator("img[src='x'], main script").count() == 0
        assert guest.dialogs == []
        guest.page.goto(f"/join#/{quote(EVIL)}")
        expect(guest.page.get_by_role("heading", name="Find your photos")).to_be_visible()
        expect(guest.page.get_by_role("link", name=EVIL)).to_be_visible()
        assert guest.dialogs == []


def test_the_pages_are_no_trouble_to_anybody_in_light_or_dark(browser: Browser, stack: Stack) -> None:
    with Visitor.at(browser, stack, reduced_motion="reduce") as visitor:
        page = visitor.page
        for place in ("", *_PLACES):
            page.goto(f"/#/events/yales-party/{place}" if place else "/")
            expect(page.locator("h1, .panel h2").last).to_be_attached()
            page.wait_for_load_state("networkidle")
            for scheme, width in _LOOKS:
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 844})
                assert visitor.judged() == [], (scheme, place)
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, place)


def test_a_photo_is_opened_turned_and_left_by_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/#/events/yales-party/photos")
    photos = page.locator(".photos button")
    first, second = photos.nth(0).get_attribute("aria-label"), photos.nth(1).get_attribute("aria-label")
    photos.nth(0).focus()
    page.keyboard.press("Enter")
    caption = page.get_by_role("dialog").locator("figcaption")
    expect(caption).to_have_text(str(first).split(",")[0])
    assert visitor.judged() == []
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(caption).to_have_text(str(second).split(",")[0])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(photos.nth(0)).to_be_focused()


def test_a_closed_kanta_asks_for_the_key_and_keeps_it_out_of_every_address(browser: Browser, stack: Stack) -> None:
    with Visitor.at(browser, stack, key=None) as visitor:
        page = visitor.page
        page.goto("/")
        page.get_by_label("Key", exact=True).fill("a key that is not the right one, by far")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("dialog")).to_contain_text("not accepted")
        assert visitor.judged() == []
        addresses: list[str] = []
        page.on("request", lambda request: addresses.append(request.url))
        page.get_by_label("Key", exact=True).fill(KEY)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Events", exact=True)).to_be_visible()
        assert addresses
        assert not [address for address in [*addresses, page.url] if KEY in address]
        assert page.evaluate("Object.keys(localStorage).length + document.cookie.length") == 0
        visitor.forgive("401")


def test_an_event_is_renamed_and_deleted_for_good(visitor: Visitor) -> None:
    page = visitor.page
    create_event(page, "Short", "short")
    open_tab(page, "Settings")
    page.get_by_label("Code", exact=True).fill("shorter")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/#/events/shorter/settings")
    page.get_by_role("button", name="Delete event …").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete event").click()
    expect(page.get_by_role("heading", name="Events", exact=True)).to_be_visible()
    assert "shorter" not in [event["code"] for event in visitor.ask("GET", "/events")["events"]]


def test_the_documentation_runs_under_its_policy(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/docs")
    expect(page.locator(".opblock").first).to_be_visible()
    page.goto("/redoc")
    expect(page.get_by_role("heading", name="Kanta")).to_be_visible()
    # ReDoc asks for its maker's logo, in vain.
    page.wait_for_load_state("networkidle")
    visitor.forgive("logo-mini.svg")
    visitor.elsewhere.clear()
