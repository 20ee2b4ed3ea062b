"""What the tests of this folder compile with."""

from __future__ import annotations

from pathlib import Path

import pytest

from native.machine import Machine
from tests.native.standins import program


@pytest.fixture
def machine() -> Machine:
    return Machine("/usr/bin/c++", "c++ 12.2.0", "x86-64-v3", openblas=True)


@pytest.fixture
def toolbox(tmp_path: Path) -> Path:
    """A folder for PATH with make and a compiler that takes anything."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder / "make", "exit 0")
    program(folder / "c++", "echo 'c++ 99'")
    return folder
