"""What is sent to be built: all that function_app.py needs, and nothing of what only we need."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from sys import stdlib_module_names
from typing import Final

from packaging.utils import canonicalize_name

from checks import instructions, pins

# What runs, and all that lies in it.
_NEEDED: Final = ("function_app.py", "host.json", "kanta_core", "migrations")
# A package is sent with the list that it is installed from.
_PACKAGED: Final = {*_NEEDED, "requirements.txt"}

Ignored = Callable[[str], bool]


def check(root: Path) -> list[str]:
    """What .dockerignore and .funcignore of the checkout `root` get wrong, and imports without an answer."""
    copied = set(_copied(root))
    return [
        *_lacking(root, ".dockerignore", docker_ignores(root)),
        *_needless(root, ".dockerignore", docker_ignores(root), copied),
        *_lacking(root, ".funcignore", func_ignores(root)),
        *_needless(root, ".funcignore", func_ignores(root), _PACKAGED),
        *_unanswered(root),
    ]


def docker_ignores(root: Path) -> Ignored:
    """Whether Docker leaves a path out: the last pattern that matches it, or a folder above it, decides."""
    patterns = _patterns(root / ".dockerignore")

    def ignored(path: str) -> bool:
        out = False
        places = [path, *(str(each) for each in PurePosixPath(path).parents if str(each) != ".")]
        for pattern in patterns:
            wanted = pattern.removeprefix("!")
            if any(_matches(place, wanted) for place in places):
                out = not pattern.startswith("!")
        return out

    return ignored


def func_ignores(root: Path) -> Ignored:
    """Whether Core Tools leave a path out: one of its parts has a name of the list."""
    patterns = _patterns(root / ".funcignore")
    return lambda path: any(
        fnmatchcase(part, pattern) for part in PurePosixPath(path).parts for pattern in patterns
    )


def _patterns(path: Path) -> list[str]:
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line.rstrip("/") for line in lines if line and not line.startswith("#")]


def _matches(path: str, pattern: str) -> bool:
    """Docker's: a star ends at a slash, and two of them stand for any folders, none included."""
    if pattern.startswith("**/"):
        return any(_matches(path.split("/", skipped)[-1], pattern[3:]) for skipped in range(path.count("/") + 1))
    parts, wanted = path.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def _copied(root: Path) -> Iterator[str]:
    """What the Dockerfile copies out of the checkout."""
    for stage in instructions.read(root / "Dockerfile").stages:
        for rest in stage.of("COPY"):
            if not rest.startswith("--from="):
                yield from rest.split()[:-1]


def _needed(root: Path) -> Iterator[str]:
    for name in _NEEDED:
        place = root / name
        for path in [place] if place.is_file() else sorted(place.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()


def _lacking(root: Path, file: str, ignored: Ignored) -> Iterator[str]:
    for path in _needed(root):
        if ignored(path):
            yield f"{file} leaves out {path}, which runs in the cloud"


def _needless(root: Path, file: str, ignored: Ignored, wanted: set[str]) -> Iterator[str]:
    for place in sorted(root.iterdir()):
        # One level down is enough: nothing deeper is let in by itself.
        for path in [place, *(place.iterdir() if place.is_dir() else ())]:
            name = path.relative_to(root).as_posix()
            above = {name, *(str(each) for each in PurePosixPath(name).parents)}
            on_the_way = any(each.startswith(f"{name}/") for each in wanted)
            if not ignored(name) and not above & wanted and not on_the_way:
                yield f"{file} lets in {name}, which nothing in the cloud needs"


def _unanswered(root: Path) -> Iterator[str]:
    """Imports of packages that the image does not install, or of our own that are not sent to it."""
    distributions = packages_distributions()
    lists = ("requirements.txt", "requirements/models.txt")
    installed = {pin.name for each in lists for pin in pins.read(root / each)}
    ours = {name.removesuffix(".py") for name in _NEEDED}
    for path in _needed(root):
        if not path.endswith(".py"):
            continue
        for module in sorted(_imported(root / path) - set(stdlib_module_names) - ours):
            # Where no package says that the module is its own, as dlib-bin doesn't, it has the module's name.
            if not installed & {canonicalize_name(each) for each in distributions.get(module, [module])}:
                yield f"{path} imports {module}, which the image has not"


def _imported(path: Path) -> set[str]:
    """The top-level packages that the file imports when it runs, those inside functions included."""
    modules = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            continue
        waiting += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules.add(node.module)
    return {module.partition(".")[0] for module in modules}
