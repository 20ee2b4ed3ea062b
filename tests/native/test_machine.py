"""What a machine lacks is said in one line, with the cure, before anything is compiled."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from native.errors import Refusal
from native.machine import check_runs, jobs, look
from tests.native.standins import program


def around(toolbox: Path, **more: str) -> dict[str, str]:
    return {"PATH": f"{toolbox}:/usr/bin:/bin", "TMPDIR": str(toolbox), "CXX": str(toolbox / "c++"), **more}


def test_a_missing_compiler_is_named_with_its_cure(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match=r"no C\+\+ compiler \(c\+\+\) on PATH; .*apt-get install build-essential"):
        look({"PATH": str(tmp_path), "TMPDIR": str(tmp_path)})


def test_a_missing_make_is_named_with_its_cure(toolbox: Path) -> None:
    (toolbox / "make").unlink()
    with pytest.raises(Refusal, match=r"no make \(make\) on PATH; .*apt-get install build-essential"):
        look({"PATH": str(toolbox), "TMPDIR": str(toolbox)})


def test_missing_headers_of_python_are_named_with_their_cure(
    toolbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path / "nothing"))
    with pytest.raises(Refusal, match=r"headers are missing; .*apt-get install python3-dev"):
        look(around(toolbox))


@pytest.fixture
def headers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Python.h").touch()
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))


@pytest.mark.usefixtures("headers")
def test_a_compiler_that_does_not_work_is_refused(toolbox: Path) -> None:
    program(toolbox / "c++", "exit 1")
    with pytest.raises(Refusal, match=r"c\+\+ compiles nothing"):
        look(around(toolbox))


@pytest.mark.usefixtures("headers")
def test_a_processor_the_compiler_does_not_know_is_refused(toolbox: Path) -> None:
    program(toolbox / "c++", 'case "$*" in *-march=z80*) exit 1;; esac')
    assert look(around(toolbox, KANTA_DLIB_MARCH="x86-64-v2")).march == "x86-64-v2"
    with pytest.raises(Refusal, match="can't compile for z80: name another processor with KANTA_DLIB_MARCH"):
        look(around(toolbox, KANTA_DLIB_MARCH="z80"))


@pytest.mark.usefixtures("headers")
@pytest.mark.parametrize(("kind", "processor"), [("x86_64", "x86-64-v3"), ("arm64", ""), ("aarch64", "")])
def test_unasked_it_compiles_for_v3_and_on_arm_for_any(
    toolbox: Path, monkeypatch: pytest.MonkeyPatch, kind: str, processor: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: kind)
    assert look(around(toolbox)).march == processor


@pytest.mark.usefixtures("headers")
def test_openblas_is_there_when_it_can_be_linked(toolbox: Path) -> None:
    assert look(around(toolbox)).openblas
    program(toolbox / "c++", 'case "$*" in *-lopenblas*) exit 1;; esac')
    assert not look(around(toolbox)).openblas


def test_a_processor_older_than_v3_is_told_what_to_ask_for() -> None:
    haswell = {"sse4_2", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe", "abm"}
    check_runs("x86-64-v3", haswell)
    check_runs("x86-64-v3", set())
    ivy_bridge = {"sse4_2", "avx", "f16c"}
    with pytest.raises(Refusal, match=r"no avx2, bmi1, .* make dlib KANTA_DLIB_MARCH=x86-64-v2"):
        check_runs("x86-64-v3", ivy_bridge)
    check_runs("x86-64-v2", ivy_bridge)


def test_no_more_files_are_compiled_at_once_than_there_is_memory_for() -> None:
    assert jobs(2_000_000_000, {}) == 1
    assert jobs(None, {}) >= 1
    assert jobs(100_000_000_000, {"CMAKE_BUILD_PARALLEL_LEVEL": "3"}) == 3


def test_too_little_memory_is_refused_unless_one_insists() -> None:
    with pytest.raises(Refusal, match=r"takes 1\.8 GB of memory and 0\.7 GB are free; end other programs"):
        jobs(700_000_000, {})
    assert jobs(700_000_000, {"CMAKE_BUILD_PARALLEL_LEVEL": "1"}) == 1
