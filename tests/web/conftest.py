"""One closed Kanta for all browser tests, and Debian's chromium to look at it with."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from playwright.sync_api import Browser, expect, sync_playwright

from devhost.preflight import free_ports
from tests.e2e.stack import UNMEASURED, Stack
from tests.web.guests import Party
from tests.web.sending import jpeg
from tests.web.visitor import KEY, Visitor

# The first is the same engine without a browser's window around it: 22.8 CPU s for two files here, the next 54.5.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_CHROMIUM = next(filter(None, map(shutil.which, _PROGRAMS)), None)
# Few enough of enough people that there is something to ask: who looks like whom, and who may be two.
_SUBJECTS = {"04", "05", "06", "07", "08", "09", "10", "11", "13", "14", "15"}
_AT_GARDEN = {"02", "04", "05", "07", "08"}
_IN_GARDEN = {"centerlight", "glasses", "happy", "leftlight"}
_SHOWN = {"centerlight", "glasses", "happy", "leftlight", "noglasses"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The machine's own chromium; what it keeps goes to a folder of the test run."""
    if _CHROMIUM is None:
        pytest.skip("there is no chromium here: apt-get install chromium-headless-shell")
    # As patient as with everything else, however busy the machine is.
    expect.set_options(timeout=20_000)
    home = str(tmp_path_factory.mktemp("home"))
    environment: dict[str, str | float | bool] = {
        **os.environ,
        "HOME": home,
        "XDG_CONFIG_HOME": home,
        "XDG_CACHE_HOME": home,
    }
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=_CHROMIUM,
            chromium_sandbox=os.geteuid() != 0,
            args=["--disable-dev-shm-usage"],
            env=environment,
            timeout=60_000,
        )
        yield started
        started.close()


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    port = free_ports(1)[0]
    # Storage lets pages of this address write, and no others.
    own = {"KANTA_PUBLIC_URL": f"http://localhost:{port}", "KANTA_ACCESS": "closed", "KANTA_ORGANISER_KEY": KEY}
    started = Stack(folder, port=port, environment=own | UNMEASURED)
    try:
        started.start()
        yield started
    finally:
        started.stop()


@pytest.fixture
def visitor(browser: Browser, stack: Stack) -> Iterator[Visitor]:
    """An organiser with the key, at a browser that tells of every error and every request to elsewhere."""
    with Visitor.at(browser, stack) as organiser:
        yield organiser


@pytest.fixture(scope="session")
def party(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of photos of several people: five of the Yale faces where they are at hand, else two."""
    try:
        photos = request.getfixturevalue("yale_zip")
    except pytest.skip.Exception:
        return Path(request.getfixturevalue("sample_photos"))
    folder = tmp_path_factory.mktemp("party") / "yale"
    with zipfile.ZipFile(photos) as packed:
        names = [name for name in packed.namelist() if name[7:9] in _SUBJECTS and name.split(".")[1] in _SHOWN]
        packed.extractall(folder, names)
    return folder


@pytest.fixture(scope="session")
def garden(yale_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> Party:
    """Five of the Yale faces at a party, each photo as a camera would have written it in the course of it."""
    root = tmp_path_factory.mktemp("garden")
    (root / "photos").mkdir()
    began = datetime(2026, 6, 20, 15, 4)  # noqa: DTZ001 - a camera's clock
    with zipfile.ZipFile(yale_zip) as packed:
        names = [
            name for name in packed.namelist() if name[7:9] in _AT_GARDEN and name.split(".")[1] in _IN_GARDEN
        ]
        for number, name in enumerate(names):
            exif = Image.Exif()
            taken = began + timedelta(minutes=number * number % 301)
            exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = f"{taken:%Y:%m:%d %H:%M:%S}"
            with Image.open(packed.open(name)) as photo:
                photo.convert("RGB").save(root / "photos" / name.replace(".png", ".jpg"), quality=95, exif=exif)
        for name in ("subject02.sad.png", "subject04.sad.png", "subject09.sad.png"):
            packed.extract(name, root)
    return Party(
        folder=root / "photos",
        selfie=root / "subject02.sad.png",
        own=frozenset(name.replace(".png", ".jpg") for name in names if name[7:9] == "02"),
        other_selfie=root / "subject04.sad.png",
        stranger=root / "subject09.sad.png",
    )


@pytest.fixture
def photos(tmp_path: Path) -> Callable[..., list[Path]]:
    """Writes so many small photos, in one folder."""

    def write(many: int, *, first: int = 0) -> list[Path]:
        paths = [tmp_path / f"photo {first + number}.jpg" for number in range(many)]
        for number, path in enumerate(paths):
            path.write_bytes(jpeg(first + number))
        return paths

    return write
