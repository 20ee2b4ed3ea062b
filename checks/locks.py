"""requirements.txt is what pyproject.toml asks for, whole, exact and hashed; and the others agree with it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from checks import instructions, pins

CURE: Final = "make lock writes it anew"
IMAGE: Final = "requirements.txt"
# The image's Python, for what packages ask for under a condition.
_THERE: Final = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.12.0",
    "python_version": "3.12",
    "sys_platform": "linux",
}
# What the Dockerfile may install from: the image's packages without dlib, the models, what builds dlib.
_SOURCES: Final = {"others.txt", "models.txt", "tools.txt"}
_COMPILED: Final = "--no-index /dlib/*.whl"


def check(root: Path) -> list[str]:
    """What is wrong with the locks of the checkout `root`, offline."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    asked = [*_of_project(project), *_of_group(project, "container")]
    image = pins.read(root / IMAGE)
    return [
        *_unpinned(image),
        *_unanswered(asked, image),
        *_unasked(asked, image),
        *_open(asked, image),
        *_disagreements(root, image),
        *_installed_otherwise(root),
    ]


def _of_project(project: dict[str, Any]) -> Iterator[Requirement]:
    yield from map(Requirement, project["project"]["dependencies"])


def _of_group(project: dict[str, Any], name: str) -> Iterator[Requirement]:
    for each in project["dependency-groups"][name]:
        if isinstance(each, dict):
            yield from _of_group(project, each["include-group"])
        else:
            yield Requirement(each)


def _unpinned(image: list[pins.Pin]) -> Iterator[str]:
    for pin in image:
        if pin.version is None:
            yield f"{IMAGE} leaves the version of {pin.name} open; {CURE}"
        if not pin.hashes:
            yield f"{IMAGE} has no hash of {pin.name}; {CURE}"


def _unanswered(asked: list[Requirement], image: list[pins.Pin]) -> Iterator[str]:
    for requirement in asked:
        found = [pin for pin in image if pin.name == canonicalize_name(requirement.name)]
        if not found:
            yield f"pyproject.toml asks for {requirement} and {IMAGE} has none; {CURE}"
        for pin in found:
            if pin.version and not requirement.specifier.contains(pin.version, prereleases=True):
                yield f"pyproject.toml asks for {requirement} and {IMAGE} has {pin.version}; {CURE}"


def _unasked(asked: list[Requirement], image: list[pins.Pin]) -> Iterator[str]:
    names = {pin.name for pin in image}
    direct = {canonicalize_name(requirement.name) for requirement in asked}
    for pin in image:
        by_project = any(pins.PROJECT.fullmatch(who) for who in pin.asked_by)
        if by_project and pin.name not in direct:
            yield f"{IMAGE} has {pin.name}, which pyproject.toml asks for no more; {CURE}"
        if not by_project and not pin.asked_by & names:
            yield f"{IMAGE} has {pin.name}, which nobody asks for; {CURE}"


def _open(asked: list[Requirement], image: list[pins.Pin]) -> Iterator[str]:
    """What the pinned packages ask for and isn't there, by what those installed here say of themselves."""
    there = {pin.name: pin for pin in image if _applies(pin.requirement, "")}
    waiting = [(requirement, "pyproject.toml") for requirement in asked]
    seen = set()
    while waiting:
        requirement, who = waiting.pop()
        name = canonicalize_name(requirement.name)
        pin = there.get(name)
        if pin is None or (pin.version and not requirement.specifier.contains(pin.version, prereleases=True)):
            yield f"{who} asks for {requirement}, and {IMAGE} has {pin.version if pin else 'none'}; {CURE}"
            continue
        try:
            its = distribution(name).requires or []
        except PackageNotFoundError:
            # dlib, which asks for nothing: here it is dlib-bin.
            continue
        for extra in {"", *requirement.extras}:
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += [(each, name) for each in map(Requirement, its) if _applies(each, extra)]


def _applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({**_THERE, "extra": extra})


def _disagreements(root: Path, image: list[pins.Pin]) -> Iterator[str]:
    """A laptop and those who develop have the image's versions, and dlib's as a ready wheel."""
    ours = _versions(image)
    dlib = ours.pop("dlib", set())
    for other in ("requirements/laptop.txt", "requirements/dev.txt"):
        theirs = _versions(pins.read(root / other))
        for name, versions in ours.items():
            if theirs.get(name) != versions:
                has = ", ".join(sorted(theirs.get(name, ()))) or "none"
                yield f"{IMAGE} has {name} {', '.join(sorted(versions))} and {other} {has}; {CURE}"
        if {Version(each).base_version for each in theirs.get("dlib-bin", ())} != dlib:
            yield f"{other} has another dlib than {IMAGE}; {CURE}"


def _versions(of: list[pins.Pin]) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for pin in of:
        versions.setdefault(pin.name, set()).add(pin.version or "any")
    return versions


def _installed_otherwise(root: Path) -> Iterator[str]:
    """Each pip of the Dockerfile takes hashed lists and no more, and all of requirements.txt comes to it."""
    dockerfile = instructions.read(root / "Dockerfile")
    lines = [run for stage in dockerfile.stages for run in stage.of("RUN")]
    installed = set()
    for command in (part.strip() for run in lines for part in run.split("&&")):
        if not re.search(r"\b(pip|uv)\b.*\binstall\b", command) or "apt-get" in command:
            continue
        lists = set(re.findall(r"(?:-r|--requirement)[ =](\S+)", command))
        hashed = "--require-hashes" in command.split()
        installed |= lists
        if not (hashed and lists <= _SOURCES) and not command.endswith(_COMPILED):
            yield f"the Dockerfile installs what no lock vouches for: {command}"
        if hashed and (named := _named(command)):
            yield f"the Dockerfile installs {', '.join(named)} beside the locks"
    if not {"others.txt", "models.txt"} <= installed:
        yield f"the Dockerfile does not install all of {IMAGE} and requirements/models.txt"
    if not any(
        re.fullmatch(rf"{IMAGE} \S+", copied) for stage in dockerfile.stages for copied in stage.of("COPY")
    ):
        yield f"the Dockerfile does not read {IMAGE}"


def _named(command: str) -> list[str]:
    """Packages that an install names itself: what is neither an option nor an option's value."""
    words = re.sub(
        r"(--?(?:r|requirement|root|target|only-binary|no-binary|index-url))[ =]\S+", "", command
    ).split()
    return [word for word in words[words.index("install") + 1 :] if not word.startswith("-")]
