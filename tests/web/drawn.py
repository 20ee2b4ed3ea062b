"""Screenshots for the documentation, with drawn faces where the photos of real people would be.

The Yale faces are research data and not ours to show. With KANTA_SCREENSHOTS=<folder> the browser gets a drawing
for each picture that it asks storage for: the same head for the same subject, with the glasses or the light that
the photo's name tells of. Without it nothing is drawn and nothing is written.
"""

from __future__ import annotations

import colorsys
import io
import os
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageDraw
from playwright.sync_api import Page, Route

from tests.web.visitor import Visitor

_FOLDER = os.environ.get("KANTA_SCREENSHOTS") or None
_SIZE = 400
_SKIN = ("#f2d3bc", "#c98d63", "#8a5a3c", "#e8b996", "#5f3d2a", "#f6e0cf")
_HAIR = ("#2a1d14", "#6b4423", "#b98a3e", "#1a1a1e", "#7d7d85")


def draw_instead(visitor: Visitor, code: str) -> None:
    """From now on show drawings in place of the event's photos; only where screenshots are asked for."""
    if _FOLDER is None:
        return
    rows = visitor.ask("GET", f"/pics?event_code={code}&limit=200")
    # Pictures lie under their photo's digest, photos of guests under their id.
    names = {urlsplit(row["thumbnail_url"]).path.split("/")[-2]: row["name"] for row in rows}
    names |= {row["uuid"]: row["name"] for row in rows}

    def answer(route: Route) -> None:
        parts = urlsplit(route.request.url).path.split("/")
        name = next((names[part] for part in parts if part in names), None)
        if name is None:
            route.continue_()
        else:
            route.fulfill(body=_drawing(name), content_type="image/jpeg")

    visitor.page.context.route("**/pictures/**", answer)
    visitor.page.context.route("**/me/pics/*/photo", answer)


def take(page: Page, name: str) -> None:
    """Write what is to be seen as `name`.webp; only where screenshots are asked for."""
    if _FOLDER is None:
        return
    page.wait_for_load_state("networkidle")
    # What was told at the foot of the page stands in the picture's way.
    page.evaluate("document.querySelector('.dock').style.visibility = 'hidden'")
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled")))
    page.evaluate("document.querySelector('.dock').style.visibility = ''")
    folder = Path(_FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(folder / f"{name}.webp", quality=82, method=6)


def _drawing(name: str) -> bytes:
    """A head for `subject07.glasses.png`: the same for the same subject, with what the second word says."""
    subject, mood = (*name.removeprefix("subject").split("."), "")[:2]
    number = int(subject) if subject.isdecimal() else 0
    hue = colorsys.hsv_to_rgb(number * 0.618 % 1, 0.28, 0.92)
    picture = Image.new("RGB", (_SIZE, _SIZE), tuple(round(255 * part) for part in hue))
    pen = ImageDraw.Draw(picture)
    skin, hair = _SKIN[number % len(_SKIN)], _HAIR[number * 3 % len(_HAIR)]
    shirt = tuple(round(255 * part) for part in colorsys.hsv_to_rgb(number * 0.37 % 1, 0.5, 0.6))
    pen.ellipse((60, 310, 340, 560), fill=shirt)
    if number % 2:
        pen.rounded_rectangle((98, 70, 302, 330), 100, fill=hair)
    pen.rectangle((172, 270, 228, 330), fill=skin)
    pen.ellipse((112, 80, 288, 310), fill=skin)
    pen.chord((106, 60, 294, 250), 185 - number % 3 * 8, 355 + number % 3 * 8, fill=hair)
    for x in (160, 240):
        pen.ellipse((x - 9, 182, x + 9, 200), fill="#222")
        if mood == "glasses":
            pen.ellipse((x - 32, 160, x + 32, 222), outline="#222", width=6)
    if mood == "glasses":
        pen.line((192, 190, 208, 190), fill="#222", width=6)
    if mood == "surprised":
        pen.ellipse((184, 240, 216, 280), fill="#7c2f2f")
    elif mood == "sad":
        pen.arc((165, 250, 235, 300), 200, 340, fill="#7c2f2f", width=7)
    else:
        pen.arc((160, 200 if mood == "happy" else 215, 240, 272), 25, 155, fill="#7c2f2f", width=7)
    if mood in ("leftlight", "rightlight"):
        dark = Image.new("L", (_SIZE, _SIZE), 0)
        at = (_SIZE // 2, 0, _SIZE, _SIZE) if mood == "leftlight" else (0, 0, _SIZE // 2, _SIZE)
        ImageDraw.Draw(dark).rectangle(at, fill=70)
        picture.paste(Image.new("RGB", (_SIZE, _SIZE), "black"), mask=dark)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()
