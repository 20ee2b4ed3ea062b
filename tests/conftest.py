"""Real services for every test: one PostgreSQL and one Azurite a run, a database and an account a test."""

from __future__ import annotations

import contextlib
import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from threadpoolctl import threadpool_limits

from devhost.azurite import Azurite, new_key
from devhost.postgres import Postgres
from kanta_core.database.migrate import migrate_up
from kanta_core.services import Services, build
from kanta_core.settings import Settings
from tests.databases import Databases

_ROOT = Path(__file__).parent.parent
_SAMPLE_PHOTOS = _ROOT / ".venv" / "sample" / "demo" / "photos"
_SHARED_DATA = Path(os.environ.get("KANTA_SHARED_DATA") or _ROOT.parent / "shared" / "data")

# Everything a test writes stays inside the checkout, what its child processes write as well.
_TEMPORARY = _ROOT / ".local" / "tests"
_TEMPORARY.mkdir(parents=True, exist_ok=True)
os.environ["TMPDIR"] = os.environ["PYTEST_DEBUG_TEMPROOT"] = str(_TEMPORARY)
tempfile.tempdir = str(_TEMPORARY)

# Folders in the order in which they are taken up. What is quick tells of mistakes soonest; then what takes long
# or waits for whole stacks, so that there are many short files to share out at the end.
_ORDER = (
    "domain",
    "people",
    "scale",
    "pipeline",
    "web",
    "e2e",
    "devhost",
    "demo",
    "vision",
    "runtime",
    "identity",
    "telemetry",
    "native",
    "checks",
    "api",
)

# One a test that asks for storage: nothing is ever cleaned up, and no test sees another's blobs.
_ACCOUNTS = 400


@pytest.fixture(scope="session", autouse=True)
def one_thread_per_process() -> Iterator[None]:
    """As the dev host and the container run: parallel work is done by processes."""
    # The variable is for child processes; here numpy is imported already.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with threadpool_limits(1, user_api="blas"):
        yield


@pytest.fixture(scope="session")
def sample_photos() -> Path:
    """A folder with six real photos of two people: one of biden*.jpg, five of obama*.jpg."""
    assert _SAMPLE_PHOTOS.is_dir(), "the sample photos are not there: `make test` fetches them"
    return _SAMPLE_PHOTOS


@pytest.fixture(scope="session")
def yale_zip() -> Path:
    """The Yale faces, 165 photos of 15 people, where they are at hand: research data, not ours to ship."""
    found = _SHARED_DATA / "yale_png.zip"
    if not found.is_file():
        pytest.skip(f"{found} is not there; KANTA_SHARED_DATA names another folder")
    return found


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running server, by the URL of its first database."""
    with Postgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        yield server.url


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    accounts = {f"test{number}": new_key() for number in range(_ACCOUNTS)}
    with Azurite(tmp_path_factory.mktemp("azurite"), accounts=accounts, in_memory=True) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def databases(postgres_url: str) -> Iterator[Databases]:
    with contextlib.closing(Databases(postgres_url)) as its:
        yield its


@pytest.fixture
def empty_database(databases: Databases) -> Iterator[str]:
    """A fresh database with nothing in it."""
    with databases.new() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated(databases: Databases) -> Iterator[str]:
    with databases.new() as url:
        migrate_up(url)
        yield url


@pytest.fixture
def database_url(databases: Databases, _migrated: str) -> Iterator[str]:
    """A database with Kanta's schema and no rows."""
    with databases.like(_migrated) as url:
        yield url


_accounts = itertools.count()


@pytest.fixture
def storage_connection(azurite: Azurite) -> str:
    """A storage account of the test's own, empty."""
    return azurite.connection_string(f"test{next(_accounts)}")


@pytest.fixture
def settings(database_url: str, storage_connection: str) -> Settings:
    return _settings(database_url, storage_connection)


@pytest.fixture
def services(settings: Settings) -> Iterator[Services]:
    """Kanta's services over this test's database and account, with the real encoder."""
    with _services(settings) as its:
        yield its


@pytest.fixture(scope="module")
def lasting_services(databases: Databases, _migrated: str, azurite: Azurite) -> Iterator[Services]:
    """The same for all tests of a module that says so: for those that nothing disturbs that others left behind."""
    connection = azurite.connection_string(f"test{next(_accounts)}")
    with databases.like(_migrated) as url, _services(_settings(url, connection)) as its:
        yield its


def _settings(database_url: str, storage_connection: str) -> Settings:
    return Settings(
        database_url_given=SecretStr(database_url),
        storage_connection=SecretStr(storage_connection),
        access="open",
        sweep_grace_seconds=0,
        overdue_seconds=0,
    )


@contextlib.contextmanager
def _services(settings: Settings) -> Iterator[Services]:
    its = build(settings)
    its.blobs.create_containers()
    its.queues.create_queues()
    with contextlib.closing(its):
        yield its


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def turn(item: pytest.Item) -> int:
        folder = item.path.relative_to(_ROOT / "tests").parts[0]
        return _ORDER.index(folder) if folder in _ORDER else len(_ORDER)

    items.sort(key=turn)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests measured beside the bounds they hold them to, from whichever process."""
    # A test's call and its end both report its properties.
    reports = [report for each in terminalreporter.stats.values() for report in each]
    properties = [each for report in reports for each in getattr(report, "user_properties", ())]
    for figure in dict.fromkeys(str(value) for name, value in properties if name == "figure"):
        terminalreporter.write_line(figure)
