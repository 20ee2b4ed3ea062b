"""Microsoft's own worker runtime over a function app."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.runtime.contract import compile_contract
from tests.runtime.host import Host


@pytest.fixture(scope="session")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled contract between host and worker."""
    if find_spec("azure_functions_runtime") is None:
        pytest.fail("Microsoft's runtime is not installed: `make test` does it, from requirements/judge.txt")
    compiled = tmp_path_factory.mktemp("contract") / "worker.binpb"
    compile_contract(compiled)
    return compiled


@pytest.fixture
def index(tmp_path: Path, contract: Path) -> Iterator[Callable[[str], Host]]:
    """Has the runtime index a function app, given as the text of its function_app.py."""
    with ExitStack() as hosts:

        def index(source: str) -> Host:
            folder = tmp_path / "app"
            folder.mkdir()
            (folder / "function_app.py").write_text(source, encoding="utf-8")
            return hosts.enter_context(Host(folder, {}, contract, tmp_path / "worker.log"))

        yield index
