"""What runs in the cloud is sent there, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import contents

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]

IGNORE_FILES = [(".dockerignore", contents.docker_ignores), (".funcignore", contents.func_ignores)]


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied(
        *(".dockerignore", ".funcignore", "Dockerfile", "requirements.txt", "requirements", "native"),
        *("function_app.py", "host.json", "migrations", "kanta_core"),
    )


def test_the_checkout_sends_what_it_should() -> None:
    assert contents.check(ROOT) == []


def test_what_a_check_copies_is_enough(checkout: Path) -> None:
    assert contents.check(checkout) == []


@pytest.mark.parametrize(("file", "reader"), IGNORE_FILES)
@pytest.mark.parametrize(
    "path",
    [
        *("tests/conftest.py", "bench/__main__.py", "devhost/__main__.py", "demo/photos.txt", "seed/main.py"),
        *("infra/main.bicep", "docs/deploy.md", ".local/env", ".venv/bin/python", ".git/HEAD", "README.md"),
        *("local.settings.json", ".env", "requirements/dev.txt", "scale/__main__.py", "node_modules/azurite/x.js"),
        *("kanta_core/__pycache__/errors.cpython-312.pyc", "kanta_core/api/__pycache__/app.cpython-312.pyc"),
    ],
)
def test_what_we_alone_need_stays_here(file: str, reader: Callable[[Path], contents.Ignored], path: str) -> None:
    assert reader(ROOT)(path), file


@pytest.mark.parametrize(("file", "reader"), IGNORE_FILES)
@pytest.mark.parametrize(
    "path", ["function_app.py", "host.json", "migrations/0001_schema.sql", "kanta_core/web/guest.html"]
)
def test_what_runs_is_sent(file: str, reader: Callable[[Path], contents.Ignored], path: str) -> None:
    assert not reader(ROOT)(path), file


@pytest.mark.parametrize("file", [".dockerignore", ".funcignore"])
def test_a_room_that_is_left_out_is_found(checkout: Path, file: str) -> None:
    with (checkout / file).open("a") as patterns:
        patterns.write("migrations\n")
    assert any(each.startswith(f"{file} leaves out migrations/") for each in contents.check(checkout))


def test_a_folder_that_is_let_in_by_mistake_is_found(checkout: Path) -> None:
    (checkout / "tests").mkdir()
    with (checkout / ".dockerignore").open("a") as patterns:
        patterns.write("!tests\n")
    (checkout / "new").mkdir()
    assert contents.check(checkout) == [
        ".dockerignore lets in tests, which nothing in the cloud needs",
        ".funcignore lets in new, which nothing in the cloud needs",
    ]


def test_an_import_of_what_only_a_laptop_has_is_found(checkout: Path) -> None:
    with (checkout / "kanta_core" / "services.py").open("a") as module:
        module.write("\n\ndef late() -> None:\n    import httpx\n    import demo.photos\n")
    assert contents.check(checkout) == [
        "kanta_core/services.py imports demo, which the image has not",
        "kanta_core/services.py imports httpx, which the image has not",
    ]
