"""Coverage by package, printed at the end of a run: `PYTHONPATH=tests/coverage pytest -p tests.coverage.table`."""

from __future__ import annotations

import atexit
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest
import sitecustomize
from slipcover import Slipcover


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(sitecustomize.FOLDER, ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    # Not when Python ends: nobody waits for a test process's end before the table is printed.
    atexit.unregister(sitecustomize.keep)
    sitecustomize.keep()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran: dict[str, set[int]] = {}
    for kept in sitecustomize.FOLDER.glob("*.json"):
        for file, lines in json.loads(kept.read_text(encoding="utf-8")).items():
            ran.setdefault(file, set()).update(lines)
    there: Counter[str] = Counter()
    covered: Counter[str] = Counter()
    for measured in sitecustomize.MEASURED:
        for file in sorted(measured.rglob("*.py")) or [measured]:
            # Imported or not.
            code = compile(file.read_text(encoding="utf-8"), file, "exec", dont_inherit=True)
            lines = set(Slipcover.lines_from_code(code))
            for package in (_package(file.relative_to(sitecustomize.ROOT)), "total"):
                there[package] += len(lines)
                covered[package] += len(lines & ran.get(str(file), set()))
    terminalreporter.write_sep("-", "coverage by package, in lines")
    for package in sorted(there, key=lambda its: (its == "total", its)):
        share = covered[package] / there[package]
        terminalreporter.write_line(f"{package:<28}{there[package]:>7} lines {share:>8.1%}")


def _package(file: Path) -> str:
    # kanta_core's rooms one by one, everything else as a whole.
    return "/".join(file.parts[: 2 if file.parts[0] == "kanta_core" and len(file.parts) > 2 else 1])
