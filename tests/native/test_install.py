"""Only a dlib that says the same, faster, takes the place of dlib-bin; otherwise nothing changes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from native import install
from native.errors import Refusal
from tests.native.standins import write_wheel


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """The Python of an environment with a dlib-bin of one line."""
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=60)
    python = folder / "bin" / "python"
    (tmp_path / "old").mkdir()
    old = write_wheel(tmp_path / "old", "dlib-bin", {"dlib/__init__.py": "KIND = 'bin'", "dlib/more.py": ""})
    install._pip(str(python), tmp_path, ["install", "--no-deps", "--no-index", str(old)])
    assert told(python, "import dlib; print(dlib.KIND)") == "bin"
    return python


def told(python: Path, program: str) -> str:
    answer = subprocess.run([python, "-c", program], check=True, timeout=60, capture_output=True, text=True)
    return answer.stdout.strip()


def packages(python: Path) -> str:
    listing = "print(*sorted(f'{each.name} {each.version}' for each in distributions()), sep=', ')"
    return told(python, f"from importlib.metadata import distributions; {listing}")


def wrapped(folder: Path, change: str) -> Path:
    """A wheel of the installed dlib whose Python part does `change` after all else."""
    spec = find_spec("_dlib_pybind11")
    assert spec is not None
    assert spec.origin is not None
    compiled = Path(spec.origin)
    own = f"from _dlib_pybind11 import *\nfrom _dlib_pybind11 import __version__\n{change}\n"
    return write_wheel(folder, "dlib", {"dlib/__init__.py": own, compiled.name: compiled.read_bytes()})


OFF = """
class face_recognition_model_v1(face_recognition_model_v1):
    def compute_face_descriptor(self, chip):
        return [number + 2e-5 for number in super().compute_face_descriptor(chip)]
"""
SLOW = """
import time
class face_recognition_model_v1(face_recognition_model_v1):
    def compute_face_descriptor(self, chip):
        start = time.process_time()
        while time.process_time() < start + 0.2: pass
        return super().compute_face_descriptor(chip)
"""


@pytest.mark.parametrize(
    ("change", "reason"), [(OFF, "its embeddings differ by 2.0e-05"), (SLOW, "it is no faster")]
)
def test_a_dlib_that_says_something_else_or_is_slower_is_not_installed(
    sample_photos: Path, tmp_path: Path, environment: Path, change: str, reason: str
) -> None:
    built, said = wrapped(tmp_path, change), list[str]()
    before = packages(environment)
    with pytest.raises(Refusal, match=f"not installed: {reason}.*; this environment is as it was"):
        install.replace(built, [sample_photos / "obama.jpg"], os.environ, said.append, str(environment))
    assert packages(environment) == before == "dlib-bin 20.0.1"
    assert told(environment, "import dlib; print(dlib.KIND)") == "bin"
    assert any("ResNet, ms a face" in line for line in said)


def test_one_that_does_the_same_faster_takes_dlib_bins_place(
    sample_photos: Path, tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The installed dlib is as fast as itself.
    monkeypatch.setattr("native.comparison.LEAST_GAIN", 0.0)
    built = wrapped(tmp_path, "KIND = 'built'")
    install.replace(built, [sample_photos / "obama.jpg"], os.environ, lambda _: None, str(environment))
    assert packages(environment) == "dlib 20.0.1"
    site = Path(told(environment, "import sysconfig; print(sysconfig.get_path('purelib'))"))
    assert (site / "dlib" / "__init__.py").read_text().endswith("KIND = 'built'\n")
    assert not (site / "dlib" / "more.py").exists()


def test_ctrl_c_waits_while_there_is_no_dlib(
    sample_photos: Path, tmp_path: Path, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("native.comparison.LEAST_GAIN", 0.0)
    pip = install._pip

    def interrupted(python: str, scratch: Path, arguments: list[str]) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        pip(python, scratch, arguments)

    monkeypatch.setattr(install, "_pip", interrupted)
    # Whoever starts the tests in the background has them ignore it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            install.replace(
                wrapped(tmp_path, ""), [sample_photos / "obama.jpg"], os.environ, lambda _: None, str(environment)
            )
    finally:
        signal.signal(signal.SIGINT, before)
    assert packages(environment) == "dlib 20.0.1"


def test_without_photos_nothing_is_installed(tmp_path: Path, environment: Path) -> None:
    with pytest.raises(Refusal, match="no photos to try it on"):
        install.replace(wrapped(tmp_path, ""), [], os.environ, lambda _: None, str(environment))
    assert packages(environment) == "dlib-bin 20.0.1"


def test_the_wheel_in_use_is_known_by_what_was_compiled(tmp_path: Path) -> None:
    assert install.in_use(wrapped(tmp_path, "KIND = 'whatever'"))
    other = write_wheel(tmp_path, "dlib", {"dlib/__init__.py": "", "_dlib_pybind11.so": b"another"})
    assert not install.in_use(other)


def test_the_systems_python_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    with pytest.raises(Refusal, match="this Python is the system's"):
        install.install(tmp_path, tmp_path, os.environ, lambda _: None)
