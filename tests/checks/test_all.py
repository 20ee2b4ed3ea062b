"""`python -m checks` leaves none of the checks out."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from checks.__main__ import CHECKS

ROOT = Path(__file__).parents[2]


def test_every_check_there_is_is_made() -> None:
    modules = [import_module(f"checks.{path.stem}") for path in (ROOT / "checks").glob("[a-z]*.py")]
    there = {module.check for module in modules if hasattr(module, "check")}
    assert there == set(CHECKS)
    assert len(there) > 8
