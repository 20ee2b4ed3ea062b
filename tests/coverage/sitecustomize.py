"""Which of Kanta's lines a process runs. Python imports this first where PYTHONPATH names its folder.

So the processes that tests start are measured as the tests' own are, and those that are started without the
variable are not. SlipCover puts a probe into each line of a module that is imported, where Python 3.11's tracing
makes every line of every library slower: 59 tests of the API and the pipeline took 59.5 s traced, 42.1 with probes
and 41.9 unmeasured.
"""

from __future__ import annotations

import atexit
import json
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MEASURED = [ROOT / name for name in ("kanta_core", "devhost", "seed", "demo", "native", "checks", "scale")]
MEASURED.append(ROOT / "function_app.py")
# Each process leaves a file with the lines of each of our files that it ran.
FOLDER = ROOT / ".local" / "coverage"


class _Ours:
    """Says of each module that is imported whether it is measured."""

    def __init__(self) -> None:
        self._paths = tuple(map(str, MEASURED))

    def matches(self, file: Path | str | None) -> bool:
        return str(file).startswith(self._paths)


def keep() -> None:
    """Write down what this process has run so far."""
    ran = {file: sorted(_probes.all_seen[file] | _probes.newly_seen[file]) for file in list(_probes.code_lines)}
    FOLDER.mkdir(parents=True, exist_ok=True)
    # A process may be killed while it writes: what it has not finished is not read.
    draft = FOLDER / uuid.uuid4().hex
    draft.write_text(json.dumps(ran), encoding="utf-8")
    draft.rename(draft.with_suffix(".json"))


try:
    import slipcover
except ImportError:
    pass  # An environment of its own, as `python -m native` makes them.
else:
    _probes = slipcover.Slipcover()
    slipcover.ImportManager(_probes, _Ours()).__enter__()
    atexit.register(keep)
