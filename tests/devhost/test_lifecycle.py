"""Starting, stopping, being killed: nothing is left behind, nothing is lost, and refusals are one line."""

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.devhost.running import RunningHost, eventually, running
from tests.python_path import python_path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[RunningHost]:
    """A dev host of the test's own, with one worker, not started yet."""
    host = RunningHost.playground(tmp_path / "app", FUNCTIONS_WORKER_PROCESS_COUNT="1")
    yield host
    if host.process is not None and host.process.poll() is None:
        host.end(signal.SIGKILL)


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> RunningHost:
    """A dev host whose app can't run; its database is made once for all tests that break it."""
    return RunningHost.playground(tmp_path_factory.mktemp("refusing") / "app", FUNCTIONS_WORKER_PROCESS_COUNT="1")


def test_tools_are_told_where_everything_is(host: RunningHost) -> None:
    path = host.folder / ".local" / "env"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    told = host.told
    assert list(told) == ["TOY_URL", "TOY_STORAGE", "TOY_DATABASE_URL", "TOY_KEY"]
    assert told["TOY_URL"] == f"http://localhost:{host.port}"
    assert told["TOY_KEY"] == "from the settings"
    assert "devstoreaccount1" not in told["TOY_STORAGE"]
    with psycopg.connect(told["TOY_DATABASE_URL"]) as connection:
        row = connection.execute("SELECT count(*) FROM pg_available_extensions WHERE name = 'vector'").fetchone()
    assert row == (1,)


def test_prepare_commands_run_with_the_apps_environment(host: RunningHost) -> None:
    assert (host.folder / "prepared").read_text() == host.told["TOY_DATABASE_URL"]


def test_the_banner_shows_where_to_look(host: RunningHost) -> None:
    assert f"serving   http://localhost:{host.port}\n" in host.log
    assert f"docs      http://localhost:{host.port}/docs\n" in host.log
    assert "\x1b" not in host.log


def test_everything_it_writes_lies_in_the_data_dir(host: RunningHost) -> None:
    outside = set()
    for pid in host.processes():
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target, flags = str(entry.readlink()), (Path(f"/proc/{pid}/fdinfo") / entry.name).read_text()
            except FileNotFoundError:
                continue
            mode = re.search(r"flags:\s+0*([0-7]+)", flags)
            if (
                mode
                and int(mode[1], 8) & os.O_ACCMODE
                and target.startswith("/")
                and not target.startswith("/dev/null")
            ):
                outside.add(target)
    allowed = (str(host.folder / ".local"), str(host.folder / "output.log"))
    assert outside
    assert {path for path in outside if not path.startswith(allowed)} == set()


def test_a_taken_port_is_named_with_its_variable(fresh: RunningHost) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", fresh.port))
        taken.listen()
        output = fresh.refused()
    assert output == f"devhost: port {fresh.port} is taken; choose another with TOY_PORT=<port>\n"


def test_a_second_host_on_one_data_dir_is_refused(host: RunningHost) -> None:
    second = RunningHost(host.folder)
    try:
        process = second.launch()
        process.wait(60)
    finally:
        second.process = None
    assert process.returncode == 1
    refusal = (
        f"devhost: another dev host already uses {host.folder / '.local'}; stop it or choose another data dir"
    )
    assert refusal in host.log


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import azure.functions as func\nimport missing_module\n", r"No module named 'missing_module' \(.*:2\)"),
        ("def broken(:\n", r"SyntaxError: .* \(function_app.py:1\)"),
        ("app = None\n", "must hold one FunctionApp"),
    ],
)
def test_an_app_that_can_not_be_loaded_is_said_in_one_line(
    refusing: RunningHost, script: str, reason: str
) -> None:
    (refusing.folder / "function_app.py").write_text(script)
    last = refusing.refused().rstrip().splitlines()[-1]
    assert last.startswith("devhost: function_app.py")
    assert re.search(reason, last)
    assert refusing.processes() == []


def test_a_prepare_command_that_fails_is_said_with_its_last_lines(refusing: RunningHost) -> None:
    failing = "import sys; sys.exit('the schema is broken')"
    (refusing.folder / "pyproject.toml").write_text(
        f'[tool.devhost]\nprefix = "TOY"\nprepare = [["python", "-c", "{failing}"]]\n'
    )
    assert "failed: the schema is broken" in refusing.refused()
    assert refusing.processes() == []


def test_without_node_the_cure_is_node(fresh: RunningHost) -> None:
    fresh.environment["PATH"] = "/nowhere"
    assert fresh.refused() == "devhost: Azurite needs Node 20 or newer and there is none on PATH; install Node\n"


def test_a_settings_typo_is_named(fresh: RunningHost) -> None:
    fresh.environment["TOY_PORT"] = "7o71"
    assert fresh.refused() == "devhost: TOY_PORT must be a number from 1 to 65535, not '7o71'\n"


def test_after_sigkill_nothing_is_left_and_the_next_start_finishes_the_work(fresh: RunningHost) -> None:
    fresh.start()
    photos = fresh.container("photos")
    eventually("the container", photos.exists)
    names = [f"cut/{number}.jpg" for number in range(6)]
    for name in names:
        photos.upload_blob(name, b"sleep 0.4")
    eventually("the middle of the work", lambda: fresh.calls("by_client done"))
    uploaded_last = "cut/just-before.jpg"
    photos.upload_blob(uploaded_last, b"")
    fresh.end(signal.SIGKILL)
    eventually("all its processes to end", lambda: not fresh.processes(), seconds=5)
    fresh.start()
    for name in [*names, uploaded_last]:
        eventually(f"{name} to be done", lambda name=name: fresh.calls("by_client done", blob=name))  # type: ignore[misc] # a default binds the name
    past_due = fresh.calls("every_second", past_due=True)
    assert past_due
    # SIGTERM ends it in good time, with a long invocation running, and gives its try back.
    photos = fresh.container("photos")
    photos.upload_blob("long.jpg", b"sleep 3")
    eventually("the long one to begin", lambda: fresh.calls("by_client", blob="long.jpg"))
    start = time.monotonic()
    assert fresh.end(signal.SIGTERM) == 0
    assert time.monotonic() - start < 5
    eventually("all its processes to end", lambda: not fresh.processes(), seconds=1)
    assert not (fresh.folder / ".local" / "env").exists()
    assert "long.jpg" not in fresh.log.split("stopping")[-1]


def test_it_ends_with_the_make_that_started_it(fresh: RunningHost, tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(f"run:\n\t@cd {fresh.folder} && exec {sys.executable} -m devhost\n")
    environment = {**os.environ, "PYTHONPATH": python_path(), "TOY_PORT": str(fresh.port)}
    with (fresh.folder / "output.log").open("ab") as output:
        make = subprocess.Popen(
            ["make", "-f", makefile, "run"], env=environment, stdout=output, stderr=output, start_new_session=True
        )
    eventually("it to serve", lambda: "serving " in fresh.log)
    make.kill()
    make.wait(5)
    eventually("everything to end", lambda: not fresh.processes(), seconds=5)


def test_services_that_die_are_started_again_where_they_were(host: RunningHost) -> None:
    told, before = host.told, len(host.log)
    for pid in host.processes():
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if b"node" in command[0] or (command[0].endswith(b"/postgres") and b"-D" in command):
            os.kill(pid, signal.SIGKILL)
    for service in ("Postgres", "Azurite"):
        eventually(f"{service} to be back", lambda service=service: f"{service} is back" in host.log[before:])  # type: ignore[misc] # a default binds the name
    with psycopg.connect(told["TOY_DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    host.container("photos").upload_blob("after-the-crash.jpg", b"")
    eventually("a blob", lambda: host.calls("by_client done", blob="after-the-crash.jpg"))


def test_two_hosts_serve_side_by_side(host: RunningHost, tmp_path: Path) -> None:
    other = RunningHost.playground(tmp_path / "app", FUNCTIONS_WORKER_PROCESS_COUNT="1")
    with running(other):
        photos = other.container("photos")
        eventually("the container", photos.exists)
        photos.upload_blob("mine.jpg", b"")
        eventually("the other's blob", lambda: other.calls("by_client done", blob="mine.jpg"))
        assert not host.calls("by_client", blob="mine.jpg")
        assert httpx.get(f"{host.url}/echo/x").status_code == httpx.get(f"{other.url}/echo/x").status_code == 200
        assert host.told["TOY_STORAGE"] != other.told["TOY_STORAGE"]
        # Ctrl-C ends it like SIGTERM.
        assert other.end(signal.SIGINT) == 0
    eventually("all its processes to end", lambda: not other.processes(), seconds=1)
