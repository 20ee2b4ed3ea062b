"""PostgreSQL and Azurite as children: private, durable, and gone with their parent."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, ContainerClient

from devhost.azurite import Azurite, new_key
from devhost.postgres import Postgres
from devhost.preflight import StartupError
from tests.devhost.running import eventually
from tests.python_path import python_path

_PARENT = """
import sys, threading, time
from pathlib import Path
from devhost.azurite import Azurite
from devhost.postgres import Postgres
service = {service}(Path(sys.argv[1]))
service.start()
# Each thread that ends with the process sends its children the death signal once more.
for _ in range(4):
    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
print({told}, flush=True)
time.sleep(60)
"""


def started_elsewhere(service: str, told: str, folder: Path) -> tuple[subprocess.Popen[str], str]:
    """A process that holds a running `service` over `folder`, and what it told of it."""
    script = _PARENT.format(service=service, told=told)
    process = subprocess.Popen(
        [sys.executable, "-c", script, folder],
        env={**os.environ, "PYTHONPATH": python_path()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout:
        return process, process.stdout.readline().strip()


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_the_database_has_what_an_app_needs(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg", database="toy", durable=False) as postgres:
        assert query(postgres.url, "SELECT current_database(), lower('ÄÖ'), current_setting('fsync')") == [
            ("toy", "äö", "off")
        ]
        query(postgres.url, "CREATE EXTENSION vector")
        assert stat.S_IMODE((tmp_path / "pg" / "password").stat().st_mode) == 0o600
        wrong = postgres.url.replace(postgres.url.split("@")[0].rsplit(":", 1)[1], "wrong")
        with pytest.raises(psycopg.OperationalError, match="password"):
            query(wrong, "SELECT 1")


@pytest.mark.skipif(os.geteuid() != 0, reason="is about root")
def test_as_root_the_server_is_somebody_else_and_no_folder_above_changes(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    before = [(folder.stat().st_mode, folder.stat().st_uid) for folder in tmp_path.parents]
    with Postgres(tmp_path / "pg", durable=False):
        pid = int((tmp_path / "pg" / "data" / "postmaster.pid").read_text().split()[0])
        assert Path(f"/proc/{pid}").stat().st_uid != 0
    assert [(folder.stat().st_mode, folder.stat().st_uid) for folder in tmp_path.parents] == before
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


def test_an_initdb_that_was_cut_off_breaks_nothing(tmp_path: Path) -> None:
    draft = tmp_path / "pg" / "data.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n")
    with Postgres(tmp_path / "pg", durable=False) as postgres:
        assert query(postgres.url, "SELECT 1") == [(1,)]


def test_a_killed_parent_takes_postgres_with_it_and_committed_rows_stay(tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    parent, url = started_elsewhere("Postgres", "service.url", folder)
    pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    with pytest.raises(StartupError, match="already uses"):
        Postgres(folder).start()
    query(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    parent.kill()
    parent.wait(5)
    eventually("the server to end", lambda: not alive(pid), seconds=5)
    with Postgres(folder) as postgres:
        assert query(postgres.url, "SELECT answer FROM kept") == [(42,)]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a server that outlived its parent")
def test_a_stale_record_of_another_process_is_no_server(tmp_path: Path) -> None:
    with Postgres(tmp_path / "pg", durable=False):
        pass
    record = tmp_path / "pg" / "data" / "postmaster.pid"
    record.write_text(f"{os.getppid()}\n{tmp_path}\n")
    with Postgres(tmp_path / "pg", durable=False) as postgres:
        assert query(postgres.url, "SELECT 1") == [(1,)]


def test_a_killed_parent_takes_azurite_with_it_and_acknowledged_blobs_stay(tmp_path: Path) -> None:
    folder = tmp_path / "azurite"
    parent, connection = started_elsewhere("Azurite", "service.connection_string()", folder)
    container = ContainerClient.from_connection_string(connection, "kept")
    container.create_container()
    for number in range(20):
        container.upload_blob(f"{number}", b"x")
    parent.send_signal(signal.SIGKILL)
    parent.wait(5)
    # The same account and key, and every blob up to the last moment.
    with Azurite(folder) as azurite:
        kept = ContainerClient.from_connection_string(azurite.connection_string(), "kept")
        assert len(list(kept.list_blob_names())) == 20
        assert key(azurite.connection_string()) == key(connection)
    assert stat.S_IMODE((folder / "account").stat().st_mode) == 0o600


def test_azurite_serves_the_accounts_it_is_given_and_no_other(tmp_path: Path) -> None:
    accounts = {"one": new_key(), "two": new_key()}
    with Azurite(tmp_path / "azurite", accounts=accounts, in_memory=True) as azurite:
        for name in accounts:
            service = BlobServiceClient.from_connection_string(azurite.connection_string(name), retry_total=0)
            service.create_container("mine")
        swapped = azurite.connection_string("one").replace(accounts["one"], accounts["two"])
        with pytest.raises(HttpResponseError):
            BlobServiceClient.from_connection_string(swapped, retry_total=0).create_container("theirs")
    assert not (tmp_path / "azurite" / "data").exists()


@pytest.mark.parametrize("name", ["a\x00b", "a\x01b", "a\uffffb"])
def test_a_name_that_would_break_every_listing_is_refused(tmp_path: Path, name: str) -> None:
    with Azurite(tmp_path / "azurite", in_memory=True) as azurite:
        container = ContainerClient.from_connection_string(azurite.connection_string(), "photos", retry_total=0)
        container.create_container()
        with pytest.raises(HttpResponseError):
            container.upload_blob(name, b"x")
        container.upload_blob("fine\ttoo.jpg", b"x")
        assert list(container.list_blob_names()) == ["fine\ttoo.jpg"]


def key(connection: str) -> str:
    return dict(part.split("=", 1) for part in connection.strip(";").split(";"))["AccountKey"]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
