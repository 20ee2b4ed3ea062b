"""What a wheel is made of; the same recipe gives the same wheel, which is then kept."""

from __future__ import annotations

import hashlib
import re
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from native.errors import Refusal
from native.machine import Machine, flags

HERE: Final = Path(__file__).parent
TOOLCHAIN: Final = HERE / "dlib.cmake"
TOOLS: Final = HERE / "tools.txt"
REQUIREMENTS: Final = HERE.parent / "requirements.txt"
# In the names of what is built so.
PLAIN: Final = "as-pip-builds-it-without-blas"
# A name, its exact version, and its hashes on the lines that follow.
_PIN: Final = re.compile(r"^dlib==(?P<version>\S+)(?: \\\n +--hash=sha256:[0-9a-f]{64})+", re.MULTILINE)
# Of the person's environment, what would change the wheel without changing its recipe.
_FOREIGN: Final = re.compile(r"DLIB_|CMAKE_|MAKE|PYTHON|(C|CXX|CPP|LD)FLAGS$|CPATH$|(C|CPLUS)_INCLUDE_PATH$")


@dataclass(frozen=True, slots=True)
class Recipe:
    """dlib's pinned source (`requirement`, as pip reads it), and what this machine compiles it with.

    `plain` is as pip builds it on a machine that has a compiler and no BLAS: dlib's own build chooses the rest.
    """

    version: str
    requirement: str
    machine: Machine
    plain: bool = False

    @property
    def name(self) -> str:
        """A folder's name for what comes of it: another one wherever another wheel might."""
        machine = self.machine
        parts = [self.requirement, machine.compiler_version, machine.march, str(machine.openblas)]
        parts += [
            sys.version,
            str(sysconfig.get_config_var("EXT_SUFFIX")),
            TOOLCHAIN.read_text(),
            TOOLS.read_text(),
        ]
        if self.plain:
            parts.append(PLAIN)
        digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()
        python = f"cp{sys.version_info.major}{sys.version_info.minor}"
        if self.plain:
            return "-".join([self.version, python, PLAIN, digest[:12]])
        blas = ["openblas"] if machine.openblas else []
        return "-".join([self.version, python, machine.march or "any", *blas, digest[:12]])

    def environment(self, given: Mapping[str, str], tools: Path, jobs: int) -> dict[str, str]:
        """`given` as the build may see it, with the packages in the folder `tools`, for so many files at once."""
        own = {
            **{name: value for name, value in given.items() if not _FOREIGN.match(name)},
            "PYTHONPATH": str(tools),
            "PATH": f"{tools / 'bin'}:{given.get('PATH', '')}",
            "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs),
        }
        if self.plain:
            return {**own, "DLIB_USE_BLAS": "OFF", "DLIB_USE_LAPACK": "OFF"}
        blas = "ON" if self.machine.openblas or sys.platform == "darwin" else "OFF"
        return {
            **own,
            "CXX": self.machine.compiler,
            "CXXFLAGS": " ".join(flags(self.machine.march)),
            "CMAKE_TOOLCHAIN_FILE": str(TOOLCHAIN),
            # setup.py hands CMake whatever begins so. macOS has its own, Accelerate.
            "DLIB_USE_BLAS": blas,
            "DLIB_USE_LAPACK": blas,
        }


def recipe(machine: Machine, requirements: Path = REQUIREMENTS, *, plain: bool = False) -> Recipe:
    """dlib as `requirements` pins it, for this machine; Refusal where it is not pinned by version and hash."""
    pin = _PIN.search(requirements.read_text(encoding="utf-8"))
    if pin is None:
        raise Refusal(f"{requirements.name} pins no dlib by version and hash; make lock writes it anew")
    return Recipe(pin["version"], pin[0], machine, plain)
