from collections.abc import Iterator
from pathlib import Path

import pytest
import retries

from tests.seed.scripted_kanta import ScriptedKanta, image, serving


@pytest.fixture
def kanta() -> Iterator[ScriptedKanta]:
    with serving() as scripted:
        yield scripted


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.001)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder of three photos, one of them in a sub-folder."""
    folder = tmp_path / "album"
    (folder / "evening").mkdir(parents=True)
    for name in ("a.png", "b.png", "evening/c.png"):
        (folder / name).write_bytes(image(name))
    return folder
