"""A wheel is kept under all that it is made of, and nothing else has a say in it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from native import recipe as recipes
from native.errors import Refusal
from native.machine import Machine
from native.recipe import recipe

ROOT = Path(__file__).parent.parent.parent


def test_the_source_is_the_version_of_the_laptops_wheel_by_its_hash(machine: Machine) -> None:
    its = recipe(machine)
    assert re.fullmatch(r"dlib==[0-9.]+ \\\n    --hash=sha256:[0-9a-f]{64}", its.requirement)
    laptop = (ROOT / "requirements" / "laptop.txt").read_text()
    assert re.search(rf"^dlib-bin=={re.escape(its.version)}(\.post\d+)? ", laptop, re.MULTILINE)


def test_a_source_without_a_hash_is_refused(tmp_path: Path, machine: Machine) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("dlib==20.0.1\ndlib-bin==20.0.1 \\\n    --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(Refusal, match=r"requirements\.txt pins no dlib by version and hash"):
        recipe(machine, requirements)


def test_the_same_recipe_has_the_same_name(machine: Machine) -> None:
    name = recipe(machine).name
    assert recipe(replace(machine)).name == name
    assert re.fullmatch(r"[0-9.]+-cp3\d+-x86-64-v3-openblas-[0-9a-f]{12}", name)


def test_a_plain_wheel_is_left_to_dlibs_own_build(tmp_path: Path, machine: Machine) -> None:
    plain = recipe(machine, plain=True)
    assert re.fullmatch(r"[0-9.]+-cp3\d+-as-pip-builds-it-without-blas-[0-9a-f]{12}", plain.name)
    seen = plain.environment({"PATH": "/bin", "HOME": "/home", "CXXFLAGS": "-O0"}, tmp_path, 2)
    assert seen == {
        "PATH": f"{tmp_path}/bin:/bin",
        "HOME": "/home",
        "PYTHONPATH": str(tmp_path),
        "CMAKE_BUILD_PARALLEL_LEVEL": "2",
        "DLIB_USE_BLAS": "OFF",
        "DLIB_USE_LAPACK": "OFF",
    }


def test_whatever_changes_the_wheel_changes_its_name(
    tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    its = recipe(machine)
    names = {its.name}
    for changed in (
        replace(machine, compiler_version="c++ 14.1.0"),
        replace(machine, march="x86-64-v4"),
        replace(machine, march=""),
        replace(machine, openblas=False),
    ):
        names.add(recipe(changed).name)
    names.add(replace(its, requirement=its.requirement.replace("sha256:", "sha256:0")).name)
    for file in ("TOOLCHAIN", "TOOLS"):
        other = tmp_path / file
        other.write_text("# changed\n")
        with monkeypatch.context() as patched:
            patched.setattr(recipes, file, other)
            names.add(its.name)
    with monkeypatch.context() as patched:
        patched.setattr("sys.version", "3.99")
        names.add(its.name)
    assert len(names) == 9


def test_the_build_sees_its_own_flags_and_nobody_elses(machine: Machine) -> None:
    person = {
        "PATH": "/usr/bin",
        "HOME": "/home/me",
        "CXXFLAGS": "-O0",
        "LDFLAGS": "-lmine",
        "DLIB_USE_CUDA": "ON",
        "CMAKE_GENERATOR": "Xcode",
        "MAKEFLAGS": "-j64",
        "PYTHONPATH": "/mine",
    }
    seen = recipe(machine).environment(person, Path("/somewhere/tools"), 3)
    assert seen == {
        "PATH": "/somewhere/tools/bin:/usr/bin",
        "HOME": "/home/me",
        "PYTHONPATH": "/somewhere/tools",
        "CXX": "/usr/bin/c++",
        "CXXFLAGS": "-march=x86-64-v3",
        "CMAKE_TOOLCHAIN_FILE": str(recipes.TOOLCHAIN),
        "CMAKE_BUILD_PARALLEL_LEVEL": "3",
        "DLIB_USE_BLAS": "ON",
        "DLIB_USE_LAPACK": "ON",
    }


def test_without_openblas_dlib_takes_no_slower_library_in_its_place(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    seen = recipe(replace(machine, openblas=False, march="")).environment({}, Path("/tools"), 1)
    assert (seen["DLIB_USE_BLAS"], seen["DLIB_USE_LAPACK"], seen["CXXFLAGS"]) == ("OFF", "OFF", "")


def test_all_that_builds_it_is_pinned_by_hash() -> None:
    lines = recipes.TOOLS.read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith(("#", " "))]
    assert {pin.partition("==")[0] for pin in pins} == {"cmake", "packaging", "setuptools"}
    assert all(re.fullmatch(r"[a-z]+==[0-9.]+ \\", pin) for pin in pins)
