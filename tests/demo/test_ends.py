"""However `make demo` ends, nothing it started goes on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devhost.preflight import free_ports

ROOT = Path(__file__).parents[2]
PEOPLE = ("obama.jpg", "obama2.jpg", "biden.jpg")

pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(sys.platform != "linux", reason="a parent's death is a signal on Linux alone"),
]

# Stands for a make that a script has put into the background, where SIGINT is ignored.
PARENT = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
sys.exit(subprocess.call(sys.argv[1:]))
"""


class Demo:
    """A demo of three photos under a parent of its own."""

    def __init__(self, folder: Path, photos: Path, *, serve: str) -> None:
        self.data_dir = folder / "data"
        self.output = folder / "output.log"
        environment = {
            **os.environ,
            "KANTA_PORT": str(free_ports(1)[0]),
            "KANTA_DATA_DIR": str(self.data_dir),
            "MAKELEVEL": "1",
            "PYTHONUNBUFFERED": "1",
        }
        command = [sys.executable, "-m", "demo", "--photos", str(photos), "--serve", serve]
        with self.output.open("wb") as output:
            self.parent = subprocess.Popen(
                [sys.executable, "-c", PARENT, *command],
                cwd=ROOT,
                env=environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s until {what}: {self.output.read_text()}")
            time.sleep(0.1)

    def says(self, words: str) -> None:
        def said() -> bool:
            text = self.output.read_text()
            assert words in text or self.parent.poll() is None, f"it ended: {text}"
            return words in text

        self.wait_until(said, f"it says {words!r}")

    def processes(self) -> dict[int, str]:
        """Every process that its environment or command ties to the data dir."""
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes()
                tied = str(self.data_dir).encode() in command + (entry / "environ").read_bytes()
            except OSError:
                continue
            if tied and command:
                found[int(entry.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found

    def demo_process(self) -> int:
        return next(
            pid for pid, command in self.processes().items() if "-m demo" in command and pid != self.parent.pid
        )

    def wait_until_gone(self) -> None:
        self.wait_until(lambda: not self.processes(), "every process is gone", seconds=40)


@pytest.fixture
def start(tmp_path: Path, sample_photos: Path) -> Iterator[Callable[..., Demo]]:
    photos = tmp_path / "party"
    photos.mkdir()
    for name in PEOPLE:
        (photos / name).symlink_to(sample_photos / name)
    started: list[Demo] = []

    def start(serve: str = "1") -> Demo:
        started.append(Demo(tmp_path, photos, serve=serve))
        return started[-1]

    yield start
    for demo in started:
        for pid in demo.processes():
            os.kill(pid, signal.SIGKILL)
        demo.parent.wait(20)


def test_a_demo_whose_make_is_killed_takes_everything_with_it(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.wait_until((demo.data_dir / "env").exists, "the dev host is up")
    assert len(demo.processes()) > 4
    demo.parent.kill()
    demo.wait_until_gone()


def test_a_killed_demo_takes_everything_with_it(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.wait_until((demo.data_dir / "env").exists, "the dev host is up")
    os.kill(demo.demo_process(), signal.SIGKILL)
    demo.wait_until_gone()


def test_ctrl_c_while_it_starts_ends_it_with_130(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.wait_until((demo.data_dir / "devhost.log").exists, "the dev host starts")
    os.kill(demo.demo_process(), signal.SIGINT)
    assert demo.parent.wait(40) == 130
    demo.wait_until_gone()


def test_sigterm_while_it_starts_ends_it_with_143(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.wait_until((demo.data_dir / "devhost.log").exists, "the dev host starts")
    os.kill(demo.demo_process(), signal.SIGTERM)
    assert demo.parent.wait(40) == 143
    demo.wait_until_gone()


def test_ctrl_c_is_how_serving_ends_and_it_ends_well(start: Callable[..., Demo]) -> None:
    demo = start()
    demo.says("until Ctrl-C")
    assert "2 people, 3 photos (3 encoded), 3 faces" in demo.output.read_text()
    os.kill(demo.demo_process(), signal.SIGINT)
    assert demo.parent.wait(40) == 0
    demo.wait_until_gone()
