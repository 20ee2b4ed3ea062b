"""The image has what it needs and nothing else, and runs as it should."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from checks import dockerfile

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]

BROKEN = [
    ("the tag alone", "4-python3.12@${BASE_DIGEST}", "4-python3.12", "names no tag and digest"),
    ("the newest", ":4-python3.12@", ":latest@", "names no tag and digest"),
    ("a made-up digest", "ARG BASE_DIGEST", "ARG BASE_DIGEST=sha256:0", "BASE_DIGEST=sha256:0 is no digest"),
    ("a compiler", "--no-install-recommends libopenblas0-pthread", "libopenblas0-pthread g++", "would have g++"),
    ("the stage of compilers", "FROM base\n", "FROM compilers\n", "would have build-essential"),
    ("tests", "COPY migrations migrations", "COPY migrations migrations\nCOPY tests tests", "COPY tests tests"),
    ("all there is", "COPY kanta_core kanta_core\nRUN", "COPY . .\nRUN", "more than it needs: COPY . ."),
    ("no migrations", "COPY migrations migrations\n", "", "would lack migrations"),
    ("no networks", "COPY --from=networks /made /\n", "", "would lack --from=networks"),
    (
        "the source below the packages",
        "COPY --from=packages /made /\nCOPY --from=networks",
        "COPY kanta_core kanta_core\nCOPY --from=packages /made /\nCOPY --from=networks",
        "what changes often",
    ),
    ("nothing compiled", "RUN python -m compileall -q --invalidation", "RUN echo --invalidation", "no compileall"),
    ("root", "USER 10001", "USER 0", "would run as 0"),
    ("a name", "USER 10001", "USER kanta", "would run as kanta"),
    ("nobody said", "USER 10001\n", "", "would run as root"),
    ("root in the end", "HEALTHCHECK", "USER root\nHEALTHCHECK", "would run as root"),
    ("a port of root's", "http://+:8080", "http://+:80", "ASPNETCORE_URLS"),
    ("another port", "EXPOSE 8080", "EXPOSE 7071", "EXPOSE does not name the port 8080"),
    ("health of another port", "127.0.0.1:8080/system/health", "127.0.0.1/system/health", "HEALTHCHECK"),
    ("a needless probe", "/system/health", "/", "HEALTHCHECK"),
    ("threads unbound", "OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "ENV lacks OPENBLAS_NUM_THREADS=1"),
    ("a silent host", "Console__IsEnabled=true", "Console__IsEnabled=false", "Console__IsEnabled=true"),
    ("no bytecode", "OPENBLAS_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1 PYTHONDONTWRITEBYTECODE=1", "BYTECODE"),
    ("jobs elsewhere", "WORKDIR /home/site/wwwroot", "WORKDIR /app", "WORKDIR is not"),
    ("a secret", "EXPOSE 8080", "ENV KANTA_ORGANISER_KEY=x\nEXPOSE 8080", "ENV KANTA_ORGANISER_KEY"),
    (
        "BuildKit",
        "RUN python -m compileall",
        "RUN --mount=type=cache,target=/c python -m compileall",
        "can't build",
    ),
    ("what hadolint knows", "USER 10001", "RUN cd /tmp && sudo ls\nUSER 10001", "DL3004"),
]


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied("Dockerfile", ".hadolint.yaml")


def test_the_dockerfile_of_the_checkout_is_as_it_should_be() -> None:
    assert dockerfile.check(ROOT) == []


@pytest.mark.parametrize(("old", "new", "finding"), [pytest.param(*each[1:], id=each[0]) for each in BROKEN])
def test_what_breaks_it_is_found(checkout: Path, old: str, new: str, finding: str) -> None:
    path = checkout / "Dockerfile"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert any(finding in each for each in dockerfile.check(checkout)), dockerfile.check(checkout)


def test_a_digest_may_be_written_down(checkout: Path) -> None:
    path = checkout / "Dockerfile"
    path.write_text(path.read_text().replace("ARG BASE_DIGEST", f"ARG BASE_DIGEST=sha256:{'0' * 64}", 1))
    assert dockerfile.check(checkout) == []


def test_every_exception_from_hadolint_has_its_reason() -> None:
    lines = (ROOT / ".hadolint.yaml").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if line.strip().startswith("- "):
            assert before.strip().startswith("#"), f"{line.strip()} has no reason above it"
