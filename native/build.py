"""Recipe → wheel: fetched by its hash, compiled once, kept in the data dir."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from native import machine
from native.errors import Refusal
from native.programs import ask, watch
from native.recipe import TOOLS, Recipe, recipe

_FETCH_SECONDS: Final = 600.0
_COMPILE_SECONDS: Final = 2 * 3600.0
_NEWS_SECONDS: Final = 30.0
_WORTH_SHOWING: Final = 5
_BACKEND: Final = Path(__file__).parent / "backend.py"
_WORK: Final = "work-"
_NO_OPENBLAS: Final = (
    "OpenBLAS is not here: embedding a face gains little without it. "
    "On Debian and Ubuntu: apt-get install libopenblas-dev; then again."
)

Say = Callable[[str], None]


def wheel(data_dir: Path, environment: Mapping[str, str], say: Say, *, plain: bool = False) -> Path:
    """The wheel for this machine, compiled the first time (minutes, told to `say` as they pass) and kept.

    `plain` is the wheel as pip builds it.

    Refusal where it can't be made; nothing of a half-made one stays but its log.
    """
    kept = data_dir.absolute() / "dlib"
    kept.mkdir(parents=True, exist_ok=True)
    with _alone(kept), tempfile.TemporaryDirectory(prefix=_WORK, dir=kept) as folder:
        work = Path(folder)
        scratch = work / "tmp"
        scratch.mkdir()
        own = {**environment, "TMPDIR": str(scratch)}
        its = recipe(machine.look(own), plain=plain)
        if not plain and not its.machine.openblas and sys.platform != "darwin":
            say(_NO_OPENBLAS)
        if ready := kept_wheel(kept / its.name):
            return ready
        jobs = machine.jobs(machine.free_memory(), environment)
        tools, source = _fetch(its, work, own, say)
        processor = "as pip does" if plain else f"for {its.machine.march or 'any processor of this kind'}"
        say(f"compiling {processor}, {jobs} files at once; the log is {os.path.relpath(kept / 'build.log')}")
        made = _compile(source, its.environment(own, tools, jobs), kept / "build.log", say)
        # In one step: a folder that is there is whole.
        made.parent.replace(kept / its.name)
        return kept / its.name / made.name


@contextmanager
def _alone(kept: Path) -> Iterator[None]:
    """Holds the folder, and clears away what a killed build left in it; Refusal while another build is at work."""
    with (kept / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Refusal(f"dlib is being built in {kept} already; wait for that") from error
        for folder in kept.glob(f"{_WORK}*"):
            shutil.rmtree(folder, ignore_errors=True)
        yield


def kept_wheel(folder: Path) -> Path | None:
    """The wheel in the folder of its recipe, if it was made."""
    return next(folder.glob("dlib-*.whl"), None)


def _fetch(its: Recipe, work: Path, environment: Mapping[str, str], say: Say) -> tuple[Path, Path]:
    """The folders of what builds it, and of its sources. Nothing runs whose hash is not written down."""
    say(f"fetching dlib {its.version} and CMake, 35 MB")
    tools, wanted = work / "tools", work / "dlib.txt"
    wanted.write_text(its.requirement + "\n", encoding="utf-8")
    # pip asks a rustc on the PATH for its version, and rustup's rustc then leaves a folder in HOME.
    quiet = {**environment, "PATH": str(Path(sys.executable).parent), "PYTHONPATH": str(tools)}
    common = ["--no-deps", "--require-hashes", "--disable-pip-version-check", "--no-input", "--quiet"]
    _pip(["install", *common, "--only-binary", ":all:", "--target", str(tools), "-r", str(TOOLS)], quiet)
    # pip asks a source distribution for its metadata, even to download it.
    download = ["download", *common, "--no-binary", ":all:", "--no-build-isolation", "--dest", str(work)]
    _pip([*download, "-r", str(wanted)], quiet)
    (archive,) = work.glob("dlib-*.tar.gz")
    with tarfile.open(archive, "r:gz") as packed:
        # Python before 3.11.4 has no filters; the hash vouches for what is inside.
        packed.extraction_filter = getattr(tarfile, "data_filter", None)
        packed.extractall(work)  # noqa: S202 - see above
    return tools, work / archive.name.removesuffix(".tar.gz")


def _pip(arguments: list[str], environment: Mapping[str, str]) -> None:
    try:
        answer = ask([sys.executable, "-m", "pip", *arguments], environment, patience=_FETCH_SECONDS)
    except TimeoutError as error:
        raise Refusal(f"{error}; try again where the package index is in reach") from error
    if answer.status != 0:
        said = [line for line in answer.errors.splitlines() if line.startswith("ERROR")]
        raise Refusal(
            f"pip could not fetch what dlib is built from: {' '.join(said) or f'status {answer.status}'}"
        )


def _compile(source: Path, environment: Mapping[str, str], log: Path, say: Say) -> Path:
    """The wheel, in a folder of its own beside the sources."""
    made = source.parent / "made"
    made.mkdir()
    command = [sys.executable, "-P", str(_BACKEND), str(made), str(os.getpid())]
    started = time.monotonic()
    with log.open("wb", buffering=0) as output:
        status = _watched(command, environment, source, output, say)
    if status != 0:
        raise Refusal(_why(log.read_text(encoding="utf-8", errors="replace"), log))
    (result,) = made.glob("dlib-*.whl")
    say(f"compiled in {(time.monotonic() - started) / 60:.1f} minutes: {result.stat().st_size / 1e6:.1f} MB")
    return result


def _watched(command: list[str], environment: Mapping[str, str], source: Path, output: IO[bytes], say: Say) -> int:
    at = "preparing"

    def hear(line: bytes) -> None:
        nonlocal at
        output.write(line)
        at = stage(line.decode(errors="replace")) or at

    def pause(seconds: float) -> None:
        say(f"  {seconds / 60:4.1f} min  {at}")

    try:
        return watch(
            command, environment, source, hear=hear, pause=pause, every=_NEWS_SECONDS, patience=_COMPILE_SECONDS
        )
    except TimeoutError as error:
        raise Refusal(f"{error} at {at}; end what else keeps this machine busy, and try again") from error


def stage(line: str) -> str | None:
    """What CMake is at, if this line tells: `[ 57%] Building CXX object …/face_recognition.cpp.o`."""
    share, closed, rest = line.strip().partition("]")
    if not closed or not share.startswith("[") or not share.endswith("%"):
        return None
    return f"{share.strip('[ '):>4}  {rest.split('/')[-1].removesuffix('.o')}"


def _why(said: str, log: Path) -> str:
    if "Killed" in said:
        return (
            "the compiler was killed, as happens when memory runs out; "
            "CMAKE_BUILD_PARALLEL_LEVEL=1 make dlib takes the least of it"
        )
    errors = [line.strip() for line in said.splitlines() if "error" in line.lower()][:_WORTH_SHOWING]
    return f"dlib can't be compiled here: {' | '.join(errors) or 'no word why'}; all of it is in {log}"
