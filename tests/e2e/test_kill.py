"""The machine's plug is pulled while photos are encoded: nothing stays behind, nothing is lost or doubled."""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path

import pytest

from bench.photos import portraits
from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(240)

_PHOTOS = 60


def processes_of(data_dir: Path) -> list[int]:
    """Every process whose environment or command names the data dir."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            zombie = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            continue
        if str(data_dir).encode() in words and not zombie:
            found.append(int(entry.name))
    return found


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_after_a_sigkill_of_make_run_the_next_start_finishes_the_work(tmp_path: Path) -> None:
    stack = Stack(tmp_path / "data")
    try:
        stack.start(("make", "run"))
        stack.create_event("cut-off")
        for number, photo in enumerate(portraits(_PHOTOS)[1]):
            stack.photos.upload_blob(f"cut-off/{number}.jpg", photo)
        stack.wait_for(
            "the middle of the work",
            lambda: 5 <= sum(row["status"] == "encoded" for row in stack.rows("cut-off")) < _PHOTOS,
        )
        before = {row["name"]: row for row in stack.rows("cut-off") if row["status"] == "encoded"}
        assert stack.process is not None
        os.kill(stack.process.pid, signal.SIGKILL)
        stack.process.wait(5)
        stack.process = None
        stack.wait_for("all processes to end", lambda: not processes_of(stack.data_dir), seconds=5)
        stack.start(("make", "run"))
        rows = stack.wait_until_final("cut-off", _PHOTOS)
        assert Counter(row["status"] for row in rows) == {"encoded": _PHOTOS}
        after = {row["name"]: row for row in rows}
        assert len(after) == _PHOTOS
        # What was done before the cut was not done again.
        assert all(after[name]["last_modified"] == row["last_modified"] for name, row in before.items())
    finally:
        stack.stop()
