"""A guest on a phone, and the small party they come to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect

from tests.e2e.stack import Stack
from tests.web.visitor import Visitor

CODE = "garden-party"
NAME = "Garden party"
PHONE = {"width": 360, "height": 740}


@dataclass(frozen=True)
class Party:
    """A folder of photos of several people, each in four of them.

    `selfie` and `other_selfie` show two of them and are not in the folder, where `own` are those of the first.
    `stranger` is in none.
    """

    folder: Path
    selfie: Path
    own: frozenset[str]
    other_selfie: Path
    stranger: Path

    @property
    def photos(self) -> list[Path]:
        return sorted(self.folder.iterdir())


@contextlib.contextmanager
def phone(browser: Browser, stack: Stack, **options: Any) -> Iterator[Visitor]:  # noqa: ANN401 - Playwright's
    """A guest, who has no key, at a phone."""
    with Visitor.at(browser, stack, key=None, viewport=PHONE, has_touch=True, is_mobile=True, **options) as guest:
        yield guest


def invite(visitor: Visitor, code: str = CODE, **given: object) -> str:
    """The link of a new invitation to the event."""
    return str(visitor.ask("POST", f"/invitations/{code}", json=given)["url"])


def show_face(guest: Visitor, photo: Path) -> None:
    """Agree, choose the photo, and have oneself found."""
    page = guest.page
    agreed = page.get_by_role("checkbox", name="I agree")
    agreed.check()
    page.get_by_label("Choose a photo").set_input_files(photo)
    page.get_by_role("button", name="Find my photos").click()


def find_oneself(guest: Visitor, link: str, photo: Path) -> None:
    """Come by the link and be found."""
    guest.page.goto(link)
    show_face(guest, photo)
    expect(guest.page.locator(".photos li").first).to_be_visible()
