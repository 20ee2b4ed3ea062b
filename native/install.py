"""The built dlib in the place of the one in use, if it does the same, faster."""

from __future__ import annotations

import hashlib
import signal
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from native import machine
from native.build import Say, wheel
from native.comparison import MENDING, compare, unpack
from native.errors import Refusal
from native.programs import ask

_PIP_SECONDS = 120.0


def install(data_dir: Path, photos: Path, environment: Mapping[str, str], say: Say) -> None:
    """Build, try on the JPEGs in `photos`, and install into this environment.

    Refusal, and the environment as it was, where it can't be made, says something else, or is no faster.
    """
    if sys.prefix == sys.base_prefix:
        raise Refusal("this Python is the system's; make dlib installs into the project's own")
    machine.check_runs(machine.march(environment), machine.processor_features())
    built = wheel(data_dir, environment, say)
    if in_use(built):
        say(f"{built.name} is in use")
        return
    replace(built, sorted(photos.glob("*.jpg")), environment, say)


def in_use(built: Path) -> bool:
    """Whether the compiled part of the dlib installed here is this wheel's."""
    spec = find_spec("_dlib_pybind11")
    if spec is None or spec.origin is None:
        return False
    with zipfile.ZipFile(built) as packed, Path(spec.origin).open("rb") as installed:
        (name,) = (each for each in packed.namelist() if each.startswith("_dlib_pybind11"))
        with packed.open(name) as member:
            theirs = hashlib.file_digest(member, "sha256").digest()  # type: ignore[arg-type] # it reads into a buffer
        return theirs == hashlib.file_digest(installed, "sha256").digest()


def replace(
    built: Path, photos: list[Path], environment: Mapping[str, str], say: Say, python: str = sys.executable
) -> None:
    """Try the wheel `built` beside the dlib in use, and install it into the environment of `python`.

    Refusal, and nothing installed, where it says something else or is no faster.
    """
    if not photos:
        raise Refusal("there are no photos to try it on; make dlib fetches some")
    say("trying it beside the dlib in use")
    with tempfile.TemporaryDirectory(prefix="trial-", dir=built.parent) as folder:
        scratch = Path(folder)
        comparison = compare(unpack(built, scratch / "built"), photos, environment)
        for line in comparison.table():
            say(line)
        if (objection := comparison.objection()) is not None:
            raise Refusal(f"not installed: {objection}; this environment is as it was")
        with _undisturbed():
            swap(built, python, scratch)
    say(f"installed {built.name}; make clean brings dlib-bin back with the next make")


def swap(built: Path, python: str, scratch: Path) -> None:
    """Take dlib-bin out of the environment of `python` and put the wheel `built` in, or say how to mend it."""
    # Both packages own the same files: the old one has to go first.
    _pip(python, scratch, ["uninstall", "--yes", "dlib-bin", "dlib"])
    _pip(python, scratch, ["install", "--no-deps", "--no-index", str(built)])


def _pip(python: str, scratch: Path, arguments: list[str]) -> None:
    # pip asks a rustc on the PATH for its version, and rustup's rustc then leaves a folder in HOME.
    environment = {"PATH": str(Path(sys.executable).parent), "TMPDIR": str(scratch)}
    options = ["--python", python, "--quiet", "--disable-pip-version-check", "--no-input"]
    answer = ask([sys.executable, "-m", "pip", *options, *arguments], environment, patience=_PIP_SECONDS)
    if answer.status != 0:
        said = answer.errors.strip().splitlines()
        raise Refusal(f"pip failed ({said[-1] if said else answer.status}); {MENDING}")


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait: half-way there is no dlib."""
    waiting = {signal.SIGINT, signal.SIGTERM}
    came: list[int] = []
    # The mask is for pip, which inherits it; here another thread may get what this one does not take.
    signal.pthread_sigmask(signal.SIG_BLOCK, waiting)
    handlers = {number: signal.signal(number, lambda number, _: came.append(number)) for number in waiting}
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, waiting)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for each in dict.fromkeys(came):
            signal.raise_signal(each)
