"""One running stack for all end-to-end tests: each has an event of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from tests.e2e.stack import Stack, running

_numbers = itertools.count(1)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest.fixture
def code(stack: Stack) -> str:
    """The code of a new, empty event."""
    code = f"event-{next(_numbers)}"
    stack.create_event(code)
    return code
