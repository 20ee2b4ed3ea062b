"""A wheel is compiled once and kept; what can't be built says why and leaves nothing."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from native import build
from native.errors import Refusal
from native.machine import look
from native.recipe import recipe
from tests.native.standins import wait_until_gone

ROOT = Path(__file__).parent.parent.parent
SETUP = """
from setuptools import setup
print("[ 57%] Building CXX object src/face_recognition.cpp.o", flush=True)
print("-- and more", flush=True)
setup(name="dlib", version="0", py_modules=[])
"""


def never(line: str) -> None:
    raise AssertionError(line)


@pytest.fixture
def environment(toolbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of a machine that has all it needs, and no package index."""
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    return {
        "PATH": f"{toolbox}:{os.environ['PATH']}",
        "TMPDIR": str(toolbox),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(toolbox),
        "PIP_CONFIG_FILE": os.devnull,
    }


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "dlib"
    folder.mkdir(parents=True)
    return folder


def test_a_wheel_that_was_made_is_not_made_again(kept: Path, environment: dict[str, str]) -> None:
    ready = kept / recipe(look(environment)).name / "dlib-20.0.1-cp311-cp311-linux_x86_64.whl"
    ready.parent.mkdir()
    ready.touch()
    assert build.wheel(kept.parent, environment, never) == ready


def test_a_package_index_without_it_is_one_line_and_leaves_nothing(
    kept: Path, environment: dict[str, str]
) -> None:
    said: list[str] = []
    with pytest.raises(
        Refusal, match=r"pip could not fetch what dlib is built from: .*No matching distribution"
    ) as raised:
        build.wheel(kept.parent, environment, said.append)
    assert "\n" not in str(raised.value)
    assert [path.name for path in kept.iterdir()] == ["lock"]


def test_a_machine_without_openblas_is_told_what_it_lacks_and_goes_on(
    kept: Path, environment: dict[str, str], toolbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    (toolbox / "c++").write_text('#!/bin/sh\ncase "$*" in *-lopenblas*) exit 1;; esac\n')
    ready = kept / recipe(look(environment)).name / "dlib-20.0.1-cp311-cp311-linux_x86_64.whl"
    ready.parent.mkdir()
    ready.touch()
    said: list[str] = []
    assert build.wheel(kept.parent, environment, said.append) == ready
    assert len(said) == 1
    assert "apt-get install libopenblas-dev" in said[0]


def test_two_builds_in_one_data_dir_do_not_meet(kept: Path, environment: dict[str, str]) -> None:
    with (kept / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(Refusal, match=r"is being built in .* already"):
            build.wheel(kept.parent, environment, never)


def test_what_a_killed_build_left_is_cleared_away(kept: Path, environment: dict[str, str]) -> None:
    (kept / "work-killed" / "made").mkdir(parents=True)
    with pytest.raises(Refusal):
        build.wheel(kept.parent, environment, lambda _: None)
    assert not (kept / "work-killed").exists()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "dlib-0"
    folder.mkdir(parents=True)
    (folder / "setup.py").write_text(SETUP)
    return folder


def test_a_source_becomes_a_wheel_and_its_log(source: Path, tmp_path: Path) -> None:
    said: list[str] = []
    made = build._compile(source, dict(os.environ), tmp_path / "build.log", said.append)
    assert made.parent == source.parent / "made"
    assert made.name.startswith("dlib-0-")
    assert "Building CXX object" in (tmp_path / "build.log").read_text()
    assert said[-1].startswith("compiled in 0.")


def test_a_source_that_does_not_compile_says_why_and_where_the_rest_is(source: Path, tmp_path: Path) -> None:
    (source / "setup.py").write_text("import sys; sys.exit('svm.cpp:7: error: no such header')")
    with pytest.raises(Refusal, match=r"svm\.cpp:7: error: no such header.* all of it is in .*build\.log"):
        build._compile(source, dict(os.environ), tmp_path / "build.log", lambda _: None)


def test_a_compiler_killed_for_its_memory_says_so(source: Path, tmp_path: Path) -> None:
    said = "c++: fatal error: Killed signal terminated program cc1plus"
    (source / "setup.py").write_text(f"import sys; sys.exit({said!r})")
    with pytest.raises(Refusal, match=r"memory runs out; CMAKE_BUILD_PARALLEL_LEVEL=1 make dlib"):
        build._compile(source, dict(os.environ), tmp_path / "build.log", lambda _: None)


def test_minutes_do_not_pass_in_silence(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "_NEWS_SECONDS", 0.05)
    go, said = tmp_path / "go", list[str]()
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(go)!r}).exists(): time.sleep(0.02)\n"
    (source / "setup.py").write_text(SETUP.replace("setup(name", f"{wait}setup(name"))

    def say(line: str) -> None:
        said.append(line)
        if "57%" in line:
            go.touch()

    build._compile(source, dict(os.environ), tmp_path / "build.log", say)
    assert "   0.0 min   57%  face_recognition.cpp" in said


def test_a_build_that_is_killed_leaves_no_compiler_behind(source: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    (source / "setup.py").write_text(
        "import os, subprocess, time; child = subprocess.Popen(['sleep', '300'])\n"
        f"open({str(pids) + '~'!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"os.rename({str(pids) + '~'!r}, {str(pids)!r}); time.sleep(300)"
    )
    builds = (
        "import os, sys; from pathlib import Path; from native import build;"
        "build._compile(Path(sys.argv[1]), dict(os.environ), Path(sys.argv[2]), print)"
    )
    command = [sys.executable, "-c", builds, str(source), str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT) as builder:
        deadline = time.monotonic() + 30
        while not pids.exists():
            assert builder.poll() is None
            assert time.monotonic() < deadline, "waited 30 s for the build to start"
            time.sleep(0.02)
        builder.kill()
    for pid in map(int, pids.read_text().split()):
        wait_until_gone(pid)


@pytest.mark.parametrize(
    ("line", "stage"),
    [
        ("", None),
        ("-- Looking for pthread.h - found", None),
        ("  128 | [[nodiscard]] void* operator new[](std::size_t)", None),
        ("[  3%] Building CXX object dlib_build/CMakeFiles/dlib.dir/base64/base64.cpp.o\n", "  3%  base64.cpp"),
        ("[100%] Linking CXX shared module /somewhere/_dlib_pybind11.so\n", "100%  _dlib_pybind11.so"),
    ],
)
def test_what_the_build_is_at_is_said_in_a_few_words(line: str, stage: str | None) -> None:
    assert build.stage(line) == stage


def test_the_program_ends_with_one_line_where_it_can_not_build(kept: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "native", "build"],
        env={"PATH": str(kept), "KANTA_DATA_DIR": str(kept.parent)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("dlib: there is no C++ compiler (c++) on PATH")
    assert ended.stderr.count("\n") == 1
