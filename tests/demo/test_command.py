import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def demo(tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if name != "MAKELEVEL"}
    return subprocess.run(
        [sys.executable, "-m", "demo", *arguments],
        cwd=ROOT,
        env={**inherited, "KANTA_DATA_DIR": str(tmp_path / "data"), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_photos_that_are_not_there_end_it_with_1_and_one_line(tmp_path: Path) -> None:
    ended = demo(tmp_path, "--photos", "/nowhere.zip", "--serve", "0")
    assert ended.returncode == 1
    assert ended.stderr == "There are no photos at /nowhere.zip: no such zip or folder.\n"


@pytest.mark.parametrize("port", ["seventy", "0", "70710"])
def test_a_senseless_port_ends_it_with_1_and_one_line(tmp_path: Path, port: str) -> None:
    ended = demo(tmp_path, "--photos", str(tmp_path), "--serve", "0", KANTA_PORT=port)
    assert ended.returncode == 1
    assert ended.stderr == f"KANTA_PORT must be a number from 1 to 65535, not '{port}'\n"


def test_a_data_dir_that_cannot_be_written_ends_it_with_1_and_one_line(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file in its place")
    ended = demo(tmp_path, "--photos", str(tmp_path), "--serve", "0")
    assert ended.returncode == 1
    assert ended.stderr.startswith("can't write to")
    assert ended.stderr.count("\n") == 1
