"""The lock of the image can't drift from pyproject.toml, nor from the other locks, nor from the Dockerfile."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from checks import instructions, locks, pins

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied("pyproject.toml", "requirements.txt", "requirements", "Dockerfile")


def changed(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def without(path: Path, name: str) -> None:
    """A lock without one of its packages."""
    blocks = path.read_text().split("\n")
    kept, dropping = [], False
    for line in blocks:
        if line[:1].isalnum():
            dropping = line.startswith(f"{name}==")
        if not dropping:
            kept.append(line)
    assert len(kept) < len(blocks)
    path.write_text("\n".join(kept))


def pinned(path: Path, name: str) -> str:
    """The line that pins a package, without its backslash."""
    return next(line for line in path.read_text().splitlines() if line.startswith(f"{name}==")).removesuffix(" \\")


def test_the_locks_of_the_checkout_agree() -> None:
    assert locks.check(ROOT) == []


def test_a_dependency_that_is_not_locked_is_found(checkout: Path) -> None:
    changed(checkout / "pyproject.toml", '"segno>=1.6.6,<2",', '"segno>=1.6.6,<2",\n    "qrcode>=8",')
    assert locks.check(checkout) == [
        "pyproject.toml asks for qrcode>=8 and requirements.txt has none; make lock writes it anew",
        "pyproject.toml asks for qrcode>=8, and requirements.txt has none; make lock writes it anew",
    ]


def test_a_range_that_the_lock_has_left_is_found(checkout: Path) -> None:
    changed(checkout / "pyproject.toml", '"fastapi>=0.120,<1"', '"fastapi>=2"')
    assert any("asks for fastapi>=2 and requirements.txt has 0." in each for each in locks.check(checkout))


def test_a_dependency_that_was_dropped_is_found(checkout: Path) -> None:
    changed(checkout / "pyproject.toml", '    "segno>=1.6.6,<2",\n', "")
    assert locks.check(checkout) == [
        "requirements.txt has segno, which pyproject.toml asks for no more; make lock writes it anew"
    ]


def test_a_package_that_nobody_asks_for_is_found(checkout: Path) -> None:
    with (checkout / "requirements.txt").open("a") as lock:
        lock.write(f"leftpad==1.0 \\\n    --hash=sha256:{'0' * 64}\n    # via something-gone\n")
    findings = locks.check(checkout)
    assert "requirements.txt has leftpad, which nobody asks for; make lock writes it anew" in findings


def test_a_package_that_another_needs_and_that_is_gone_is_found(checkout: Path) -> None:
    without(checkout / "requirements.txt", "starlette")
    assert any(
        each.startswith("fastapi asks for starlette") and "requirements.txt has none" in each
        for each in locks.check(checkout)
    )


def test_a_package_of_an_extra_that_is_gone_is_found(checkout: Path) -> None:
    without(checkout / "requirements.txt", "psycopg-pool")
    assert any(each.startswith("psycopg asks for psycopg-pool") for each in locks.check(checkout))


def test_a_package_without_a_hash_is_found(checkout: Path) -> None:
    lock = checkout / "requirements.txt"
    before, line, after = lock.read_text().partition(pinned(lock, "segno"))
    lock.write_text(f"{before}{line}\n    # via{after.partition('# via')[2]}")
    assert locks.check(checkout) == ["requirements.txt has no hash of segno; make lock writes it anew"]


def test_a_version_left_open_is_found(checkout: Path) -> None:
    lock = checkout / "requirements.txt"
    changed(lock, pinned(lock, "segno"), "segno>=1.6.6")
    assert "requirements.txt leaves the version of segno open; make lock writes it anew" in locks.check(checkout)


@pytest.mark.parametrize("other", ["laptop", "dev"])
def test_a_laptop_with_another_version_than_the_image_is_found(checkout: Path, other: str) -> None:
    lock = checkout / "requirements" / f"{other}.txt"
    changed(lock, pinned(lock, "segno"), "segno==1.6.5")
    (finding,) = locks.check(checkout)
    assert finding.endswith(f"requirements/{other}.txt 1.6.5; make lock writes it anew")


def test_a_laptop_with_another_dlib_than_the_image_is_found(checkout: Path) -> None:
    lock = checkout / "requirements" / "laptop.txt"
    changed(lock, pinned(lock, "dlib-bin"), "dlib-bin==19.24.6")
    assert locks.check(checkout) == [
        "requirements/laptop.txt has another dlib than requirements.txt; make lock writes it anew"
    ]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("--root /made --require-hashes", "--root /made", "no lock vouches for"),
        ("-r others.txt -r models.txt", "-r others.txt -r models.txt pandas", "pandas beside the locks"),
        ("-r others.txt -r models.txt", "-r others.txt -r models.txt -r more.txt", "no lock vouches for"),
        ("-r others.txt -r models.txt", "-r others.txt", "does not install all"),
        ("USER 10001", "RUN pip install pandas", "no lock vouches for: pip install pandas"),
        ("COPY requirements.txt all.txt", "COPY more.txt all.txt", "does not read requirements.txt"),
    ],
)
def test_a_dockerfile_that_installs_anything_else_is_found(
    checkout: Path, old: str, new: str, finding: str
) -> None:
    changed(checkout / "Dockerfile", old, new)
    assert any(finding in each for each in locks.check(checkout))


def test_what_the_dockerfile_takes_apart_is_all_of_the_lock(copied: Copied) -> None:
    folder = copied("requirements.txt")
    (folder / "requirements.txt").rename(folder / "all.txt")
    dockerfile = instructions.read(ROOT / "Dockerfile")
    (commands,) = next(stage for stage in dockerfile.stages if stage.name == "pins").of("RUN")
    subprocess.run(["sh", "-ec", commands], cwd=folder, check=True, timeout=10)
    (dlib,) = pins.read(folder / "dlib.txt")
    assert dlib.name == "dlib"
    assert [dlib, *pins.read(folder / "others.txt")] == sorted(
        pins.read(ROOT / "requirements.txt"), key=lambda pin: pin.name != "dlib"
    )
