"""Coverage by package, printed at the end of a run with `--cov`: `pytest -p tests.coverage_table`."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import coverage
import pytest

_ROOT = Path(__file__).parent.parent
_COUNTS = ("num_statements", "covered_lines")


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if not config.getoption("--cov"):
        return
    report = _ROOT / ".coverage.json"
    measured = coverage.Coverage(data_file=_ROOT / ".coverage")
    measured.load()
    measured.json_report(outfile=str(report))
    packages: dict[str, Counter[str]] = {}
    for name, file in json.loads(report.read_text(encoding="utf-8"))["files"].items():
        counts = packages.setdefault(_package(Path(name)), Counter())
        counts.update({count: file["summary"][count] for count in _COUNTS})
    terminalreporter.write_sep("-", "coverage by package, in lines")
    packages["total"] = sum(packages.values(), Counter())
    for package, counts in packages.items():
        covered = counts["covered_lines"]
        possible = counts["num_statements"]
        terminalreporter.write_line(f"{package:<28}{counts['num_statements']:>7} lines {covered / possible:>8.1%}")


def _package(file: Path) -> str:
    # kanta_core's rooms one by one, everything else as a whole.
    return "/".join(file.parts[: 2 if file.parts[0] == "kanta_core" and len(file.parts) > 2 else 1])
