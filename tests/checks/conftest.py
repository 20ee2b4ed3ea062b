"""A copy of what a check reads, to break on purpose."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

Copied = Callable[..., Path]


@pytest.fixture
def copied(tmp_path: Path) -> Copied:
    """Copies files and folders of the checkout into a folder of the test's own, and gives that."""

    def copy(*names: str) -> Path:
        for name in names:
            source, target = ROOT / name, tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy2(source, target)
        return tmp_path

    return copy
