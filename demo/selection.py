"""Which photos the demo shows, and the event it puts them in."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from demo.errors import DemoError

SAMPLE_EVENT: Final = "demo"
_LONGEST_CODE: Final = 63


@dataclass(frozen=True)
class Selection:
    """`photos` is a zip or folder; `is_sample` when nobody has chosen any."""

    photos: Path
    event_code: str
    is_sample: bool


def own_photos(photos: str) -> Selection | None:
    """What the path `photos` stands for, None when it is empty; raises DemoError when nothing is there."""
    if not photos.strip():
        return None
    path = Path(photos).expanduser()
    if not path.exists():
        raise DemoError(f"There are no photos at {path}: no such zip or folder.")
    return Selection(path, event_code_of(path), is_sample=False)


def sample(photos: Path) -> Selection:
    """The sample photos in the folder `photos`."""
    return Selection(photos, SAMPLE_EVENT, is_sample=True)


def event_code_of(path: Path) -> str:
    """A valid event code, the same each time, that a person recognises the file or folder at `path` by."""
    name = path.absolute().name if path.is_dir() else path.stem
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not slug:
        slug = sha256(name.encode(errors="surrogateescape")).hexdigest()[:8]
    return f"{SAMPLE_EVENT}-{slug}"[:_LONGEST_CODE].rstrip("-")
