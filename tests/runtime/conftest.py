"""Microsoft's own worker runtime over a function app: a toy one, or Kanta's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from kanta_core.services import Services
from tests.python_path import CHECKOUT
from tests.runtime.contract import compile_contract
from tests.runtime.host import Host

_STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


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
            return hosts.enter_context(Host(folder, _STORAGE, contract, tmp_path / "worker.log"))

        yield index


@pytest.fixture
def start_kanta(tmp_path: Path, contract: Path) -> Iterator[Callable[[Mapping[str, str]], Host]]:
    """Starts the runtime over Kanta's function_app.py with these settings."""
    with ExitStack() as hosts:

        def start(settings: Mapping[str, str]) -> Host:
            return hosts.enter_context(Host(CHECKOUT, settings, contract, tmp_path / "worker.log"))

        yield start


@pytest.fixture
def kanta_settings(services: Services, database_url: str, storage_connection: str) -> dict[str, str]:
    """The settings of a Kanta over this test's own database and account; `services` created what it needs."""
    return {
        "KANTA_DATABASE_URL": database_url,
        "AzureWebJobsStorage": storage_connection,
        "AZURE_STORAGE_CONNECTION_STRING": storage_connection,
        "KANTA_ACCESS": "open",
        "KANTA_SWEEP_GRACE_SECONDS": "0",
        "KANTA_OVERDUE_SECONDS": "0",
    }


@pytest.fixture
def kanta(start_kanta: Callable[[Mapping[str, str]], Host], kanta_settings: Mapping[str, str]) -> Host:
    """Kanta in the runtime."""
    return start_kanta(kanta_settings)
