"""A folder for migrations of a test's own, and runners as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import TupleRow

from tests.python_path import python_path

Runner = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for migrations."""
    path = tmp_path / "migrations"
    path.mkdir()
    return path


@pytest.fixture
def connection(empty_database: str) -> Iterator[psycopg.Connection[TupleRow]]:
    """A session of the application in the empty database, in autocommit mode."""
    with psycopg.connect(empty_database, autocommit=True) as session:
        yield session


@pytest.fixture
def start_runner(empty_database: str, folder: Path) -> Iterator[Runner]:
    """Starts `python -m kanta_core.database.migrate` on `folder` and the empty database."""
    unset = {name: value for name, value in os.environ.items() if not name.startswith(("KANTA_", "POSTGRES_"))}
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        runner = subprocess.Popen(
            [sys.executable, "-m", "kanta_core.database.migrate", "--folder", folder, *arguments],
            cwd=folder.parent,  # where no settings file is
            env={**unset, "PYTHONPATH": python_path(), "KANTA_DATABASE_URL": empty_database, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(runner)
        return runner

    yield start
    for runner in started:
        runner.kill()
        runner.communicate()
