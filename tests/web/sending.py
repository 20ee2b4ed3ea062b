"""What a page sends, what lies in storage by it, and small photos to send."""

from __future__ import annotations

import io
import re
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image
from playwright.sync_api import Page, Request, expect

from tests.web.visitor import Visitor

# More than this at a time is a photo, or a part of one.
_A_LETTER = 20_000


def jpeg(seed: int, *, padding: int = 0) -> bytes:
    """A small photo of its own bytes; what follows a JPEG's end belongs to no picture."""
    out = io.BytesIO()
    noise = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), np.uint8)
    Image.fromarray(noise).save(out, "JPEG")
    return out.getvalue() + bytes(padding)


class Traffic:
    """What a page sends, by where it goes."""

    def __init__(self, visitor: Visitor) -> None:
        self._kanta = urlsplit(visitor.stack.url).port
        self.straight: list[str] = []
        self.through: list[int] = []
        self.photos_through = 0
        visitor.page.on("request", self._note)

    def _note(self, request: Request) -> None:
        if urlsplit(request.url).port != self._kanta:
            if request.method == "PUT":
                self.straight.append(request.url)
        elif request.method in ("POST", "PUT"):
            size = len(request.post_data_buffer or b"")
            self.through.append(size)
            # Of a file the browser tells no bytes.
            self.photos_through += urlsplit(request.url).path.startswith("/pics/") or size > _A_LETTER


def open_event(visitor: Visitor, code: str) -> Page:
    visitor.ask("POST", "/events", json={"event_code": code})
    visitor.page.goto(f"/#/events/{code}/photos")
    return visitor.page


def choose(page: Page, paths: list[Path]) -> None:
    page.get_by_label("Photos", exact=True).set_input_files(paths)


def title(page: Page, text: str, *, timeout: int = 30_000) -> None:
    expect(page.locator("#uploads .title")).to_have_text(text, timeout=timeout)


def arrived(page: Page) -> int:
    """How many photos the page says have arrived."""
    found = re.search(r"(\d+) of", page.locator("#uploads .title").inner_text())
    return int(found.group(1)) if found else 0


def stored(visitor: Visitor, code: str) -> dict[str, bytes]:
    """What lies in storage for the event: the MD5 of each blob by its name."""
    found = visitor.stack.photos.list_blobs(name_starts_with=f"{code}/")
    return {blob.name: bytes(blob.content_settings.content_md5 or b"") for blob in found}


def states(visitor: Visitor, code: str, photos: int) -> dict[str, int]:
    """How many photos are in which state, once there are so many and each is final."""

    def settled() -> dict[str, int] | None:
        has = {state: many for state, many in visitor.has(code).items() if many}
        return has if sum(has.values()) == photos and "pending" not in has else None

    return visitor.stack.wait_for(f"{photos} final photos in {code}", settled)
