"""What checkov says of the templates, less the exceptions of infra/exceptions.toml.

checkov ends with 0 where it can't parse a file, so what it could not read is a finding here. It is asked as a
library: its command loads every other framework and looks for a newer version of itself, 17 s of processor time
instead of 4.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

# File by file: it takes the names of one file for those of whichever it reads last. Its parser is dear to make.
_ASKED: Final = """
import json, pathlib
import checkov.arm.checks.resource
import checkov.bicep.runner as bicep
from checkov.runner_filter import RunnerFilter
parser = bicep.Parser()
bicep.Parser = lambda: parser
unread, failed, passed = [], [], 0
for path in sorted(pathlib.Path("infra").rglob("*.bicep")):
    report = bicep.Runner().run(None, files=[str(path)], runner_filter=RunnerFilter(show_progress_bar=False))
    name = path.relative_to("infra").as_posix()
    unread += [name] * len(report.parsing_errors)
    failed += [[record.check_id, name, record.resource, record.check_name] for record in report.failed_checks]
    passed += len(report.passed_checks)
print(json.dumps({"unread": unread, "failed": failed, "passed": passed}))
"""
_SECONDS: Final = 300.0
# pycep as checkov has it knows no decorator that is younger than itself.
_YOUNGER: Final = "@onlyIfNotExists()"


def check(root: Path) -> list[str]:
    """What checkov finds in the templates of the checkout `root` and nobody gave a reason for."""
    exceptions = tomllib.loads((root / "infra" / "exceptions.toml").read_text(encoding="utf-8"))["exception"]
    report = _report(root)
    findings = [f"checkov can't read {name}" for name in report["unread"]]
    if not report["passed"]:
        findings.append("checkov passed nothing: it has looked at nothing")
    used = set()
    for check_id, template, resource, name in report["failed"]:
        excepted = [
            i for i, its in enumerate(exceptions) if (its["check"], its["template"]) == (check_id, template)
        ]
        used.update(excepted)
        if not excepted:
            findings.append(f"{template}: {check_id} {name} ({resource})")
    for i, its in enumerate(exceptions):
        if i not in used:
            findings.append(f"the exception {its['check']} for {its['template']} excepts nothing")
        if len(its["reason"].split()) < 4:  # noqa: PLR2004 - fewer words are no reason
            findings.append(f"the exception {its['check']} for {its['template']} has no reason")
    return findings


def _report(root: Path) -> dict[str, Any]:
    environment = Path(__file__).resolve().parent.parent / ".venv" / "checkov"
    python = environment / "bin" / "python"
    if not python.exists():
        raise RuntimeError("checkov is not installed: run make .venv/.checkov")
    data = root / ".local"
    data.mkdir(exist_ok=True)
    # Its parser keeps its grammar in TMPDIR, half of the time that all of it takes.
    kept = environment / "tmp"
    kept.mkdir(exist_ok=True)
    # checkov looks for settings in HOME, and into no hidden folder: so it is started in this one.
    with tempfile.TemporaryDirectory(dir=data, prefix="checkov-") as folder:
        infra = Path(folder) / "infra"
        shutil.copytree(root / "infra", infra)
        for path in infra.rglob("*.bicep"):
            path.write_text(path.read_text(encoding="utf-8").replace(_YOUNGER, ""), encoding="utf-8")
        done = subprocess.run(  # noqa: S603 - our own environment's Python, our own lines
            [str(python), "-c", _ASKED],
            env={"HOME": folder, "TMPDIR": str(kept), "PATH": "/usr/bin:/bin"},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"checkov ended with {done.returncode}: {done.stderr[-2000:]}")
        report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return report
