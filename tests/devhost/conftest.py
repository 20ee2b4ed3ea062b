"""One dev host that most tests share, and fresh ones for those that end it."""

from collections.abc import Iterator

import pytest

from tests.devhost.running import RunningHost, running


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHost]:
    """A dev host over the playground with two workers; nobody may end it."""
    folder = tmp_path_factory.mktemp("devhost") / "app"
    environment = {"FUNCTIONS_WORKER_PROCESS_COUNT": "2", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT": str(8 << 20)}
    with running(RunningHost.playground(folder, **environment)) as started:
        yield started
