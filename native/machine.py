"""What this machine compiles with; what it lacks is said in one line, before minutes are spent."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from native.errors import Refusal
from native.programs import ask

# What the x86-64-v3 processors (Haswell of 2013, Zen of 2017, and after) have beyond v2.
_V3 = {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}
# The largest of dlib's files takes gcc 12 1.6 GB.
_BYTES_PER_JOB = 1_800_000_000
_TOOLS_CURE = "on Debian and Ubuntu: apt-get install build-essential"
_NOTHING = "int main(void) { return 0; }"
_OPENBLAS = "extern int openblas_get_num_threads(void); int main(void) { return openblas_get_num_threads(); }"


@dataclass(frozen=True, slots=True)
class Machine:
    """A compiler by its path and what it calls itself, and the processor it compiles for ("" is any of its kind).

    `openblas` says whether it can link OpenBLAS.
    """

    compiler: str
    compiler_version: str
    march: str
    openblas: bool


def look(environment: Mapping[str, str]) -> Machine:
    """This machine, by PATH, CXX and KANTA_DLIB_MARCH; Refusal where something is missing.

    What it compiles to find out goes to TMPDIR, which has to be there.
    """
    compiler = _tool(environment.get("CXX") or "c++", "C++ compiler", environment)
    _tool("make", "make", environment)
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Refusal(f"Python {version}'s headers are missing; on Debian and Ubuntu: apt-get install python3-dev")
    processor = march(environment)
    if not _compiles(compiler, [], _NOTHING, environment):
        raise Refusal(f"{compiler} compiles nothing; {_TOOLS_CURE}")
    if not _compiles(compiler, flags(processor), _NOTHING, environment):
        raise Refusal(f"{compiler} can't compile for {processor}: name another processor with KANTA_DLIB_MARCH")
    version = ask([compiler, "--version"], environment).output.partition("\n")[0].strip()
    return Machine(compiler, version, processor, _compiles(compiler, ["-lopenblas"], _OPENBLAS, environment))


def march(environment: Mapping[str, str]) -> str:
    """The processor to compile for, as compilers name it; "" is any of this machine's kind."""
    return environment.get("KANTA_DLIB_MARCH", "x86-64-v3" if platform.machine() == "x86_64" else "")


def flags(processor: str) -> list[str]:
    return [f"-march={processor}"] if processor else []


def check_runs(processor: str, features: set[str]) -> None:
    """Refusal where one with these `features` (none: unknown) can't run what is compiled for `processor`."""
    if processor == "x86-64-v3" and features and (lacking := _V3 - features):
        raise Refusal(
            f"this processor is older than {processor} (no {', '.join(sorted(lacking))}); "
            "make dlib KANTA_DLIB_MARCH=x86-64-v2 builds for it"
        )


def processor_features() -> set[str]:
    """The instruction sets Linux knows of, in its words; none elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.partition(":")[2].split()) for line in lines if line.startswith("flags")), set())


def jobs(free: int | None, environment: Mapping[str, str]) -> int:
    """How many files to compile at once with so many bytes free (None: unknown); Refusal where one is too many.

    CMAKE_BUILD_PARALLEL_LEVEL is taken at its word.
    """
    if (given := environment.get("CMAKE_BUILD_PARALLEL_LEVEL", "")).isdecimal() and int(given) > 0:
        return int(given)
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if free is None:
        return processors
    if free < _BYTES_PER_JOB:
        raise Refusal(
            f"compiling dlib takes {_BYTES_PER_JOB / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free; "
            "end other programs, or give this machine or container more"
        )
    return min(processors, free // _BYTES_PER_JOB)


def _tool(name: str, what: str, environment: Mapping[str, str]) -> str:
    path = shutil.which(name, path=environment.get("PATH"))
    if path is None:
        raise Refusal(f"there is no {what} ({name}) on PATH; {_TOOLS_CURE}")
    return path


def _compiles(compiler: str, options: list[str], program: str, environment: Mapping[str, str]) -> bool:
    result = Path(environment["TMPDIR"], "compiles")
    command = [compiler, "-x", "c", "-", "-o", str(result), *options]
    return ask(command, environment, given=program).status == 0


def free_memory() -> int | None:
    """Bytes that can be had without swapping, the container's limit included; None where there is no telling."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    free = next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
    try:
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return limit if free is None else min(free, limit)
