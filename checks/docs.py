"""The documentation: what it links to is there, and what it says to type is at least a command."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

_LINK: Final = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_BLOCK: Final = re.compile(r"^( *)```sh\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
_HEADING: Final = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_MODULE: Final = re.compile(r"python3? -m ([\w.]+)")
# Something that the reader fills in: <your address>.
_GAP: Final = re.compile(r"<[a-z][a-z -]*>")
_SHELL_SECONDS: Final = 10.0


def check(root: Path) -> list[str]:
    """What is wrong with README.md and the pages of docs/ and infra/ in the checkout `root`."""
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "infra").glob("*.md"))]
    return [
        f"{page.relative_to(root)} {finding}"
        for page in pages
        if page.exists()
        for finding in (*_lost(page), *_unspeakable(page), *_unknown(page, root))
    ]


def _lost(page: Path) -> Iterator[str]:
    for link in _LINK.finditer(page.read_text(encoding="utf-8")):
        target = page.parent / link[1] if link[1] else page
        if not target.exists():
            yield f"links to {link[1]}, which is not there"
        elif link[2] and link[2] not in {_anchor(title) for title in _HEADING.findall(target.read_text())}:
            yield f"links to {link[0][2:-1]}, which is no heading there"


def _anchor(title: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def _unspeakable(page: Path) -> Iterator[str]:
    """Blocks that a shell can't read."""
    for _, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        said = subprocess.run(
            ["bash", "-n"],  # noqa: S607 - which one is of no matter
            input=_GAP.sub("filled-in", block),
            capture_output=True,
            text=True,
            timeout=_SHELL_SECONDS,
            check=False,
        )
        if said.returncode or said.stderr:
            yield f"has commands that no shell reads: {said.stderr.strip()} in {block.splitlines()[0]!r}"


def _unknown(page: Path, root: Path) -> Iterator[str]:
    """Modules to run that there are not."""
    for name in sorted(set(_MODULE.findall(page.read_text(encoding="utf-8")))):
        path = root / name.replace(".", "/")
        if not path.with_suffix(".py").exists() and not (path / "__main__.py").exists() and not _installed(name):
            yield f"says to run {name}, which is not there"


def _installed(name: str) -> bool:
    return "." not in name and find_spec(name) is not None
