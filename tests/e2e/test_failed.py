"""A photo that takes its worker down with it ends as `failed`, where a person sees it, and can be tried again."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.e2e.stack import Stack

pytestmark = pytest.mark.timeout(240)


def kill_workers(stack: Stack) -> None:
    """Kill the workers that have begun to encode: only those have dlib in memory."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            ours = str(stack.data_dir).encode() in (entry / "environ").read_bytes()
            if (
                ours
                and b"devhost.worker" in (entry / "cmdline").read_bytes()
                and "dlib" in (entry / "maps").read_text()
            ):
                os.kill(int(entry.name), signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks for processes in /proc")
def test_after_five_tries_a_photo_has_failed_and_can_be_tried_again(
    stack: Stack, code: str, sample_photos: Path
) -> None:
    def failed() -> bool:
        kill_workers(stack)
        return bool(stack.get("/pics", event_code=code, status="failed"))

    # A worker that has its models by now may be done with a photo before anybody looks.
    kill_workers(stack)
    stack.photos.upload_blob(f"{code}/deadly.jpg", (sample_photos / "obama.jpg").read_bytes())
    stack.wait_for("five tries cut off by kills", failed, seconds=120)
    (row,) = stack.wait_until_final(code, 1)
    assert (row["status"], row["faces"]) == ("failed", 0)
    assert row["status_reason"]
    assert httpx.post(f"{stack.url}/pics/{code}/{row['uuid']}/retry").status_code == 202
    stack.wait_for("the retry", lambda: stack.get("/pics", event_code=code, status="encoded"))
    (row,) = stack.rows(code)
    assert (row["faces"], row["status_reason"]) == (1, None)
