import asyncio
import http.server
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.service import Child, read_env, serving


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port where some HTTP server answers."""
    with socketserver.TCPServer(("127.0.0.1", 0), Silent) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join(10)


class Silent(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


def ended(tmp_path: Path, program: str) -> Child:
    log = tmp_path / "devhost.log"
    log.write_text("a line of an earlier run\n")
    start = log.stat().st_size
    with log.open("ab") as output:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=output, stderr=output)
    process.wait(20)
    return Child(process, log, start)


def test_a_port_that_is_served_already_is_named_before_anything_starts(tmp_path: Path, taken_port: int) -> None:
    async def enter() -> None:
        async with serving(f"http://localhost:{taken_port}", tmp_path):
            pass

    with pytest.raises(DemoError, match=f"{taken_port} is being served already.*KANTA_PORT"):
        asyncio.run(enter())
    assert not (tmp_path / "devhost.log").exists()


def test_a_start_that_fails_with_a_sentence_is_shown_as_that_sentence(tmp_path: Path) -> None:
    child = ended(tmp_path, "import sys; print('starting'); sys.exit('no node: install Node 20')")
    with pytest.raises(DemoError, match=r"^no node: install Node 20$"):
        child.check_alive()


def test_a_crash_shows_the_end_of_this_runs_log_and_where_it_is(tmp_path: Path) -> None:
    child = ended(tmp_path, "raise ValueError('a bug')")
    with pytest.raises(DemoError, match=r"(?s)status 1.*devhost\.log.*ValueError: a bug") as raised:
        child.check_alive()
    assert "earlier run" not in str(raised.value)


def test_an_end_without_a_word_says_its_status(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="ended with status 3"):
        ended(tmp_path, "raise SystemExit(3)").check_alive()


def test_the_env_file_is_read_up_to_the_first_equals_sign(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("KANTA_URL=http://127.0.0.1:7071\nKANTA_STORAGE=A=1;B=2\nKANTA_ORGANISER_KEY=\n")
    assert read_env(tmp_path / "env") == {
        "KANTA_URL": "http://127.0.0.1:7071",
        "KANTA_STORAGE": "A=1;B=2",
        "KANTA_ORGANISER_KEY": "",
    }
