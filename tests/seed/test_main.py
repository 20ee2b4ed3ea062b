import os
import pty
import re
import signal
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from main import options_from

from tests.seed.scripted_kanta import ScriptedKanta, image

SEED = Path(__file__).parents[2] / "seed"


def command(kanta: ScriptedKanta, photos: Path, *more: str) -> list[str]:
    options = ["--api-url", kanta.url, "--photos", str(photos), "--delay", "0", *more]
    return [sys.executable, "main.py", *options]


def run(kanta: ScriptedKanta, photos: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(kanta, photos, *more), cwd=SEED, capture_output=True, text=True, timeout=60, check=False
    )


def test_the_defaults_are_those_of_the_contract() -> None:
    options = options_from([], {})
    assert (options.batch_size, options.delay) == (5, 0.5)
    assert options.event_code == "test-yale-faces"
    assert options.api_url == "http://localhost:7071"
    assert options.photos == Path("data/yale_png.zip")
    assert options.api_key is None


def test_a_key_on_the_command_line_is_taken_over_the_environments() -> None:
    assert options_from([], {"KANTA_API_KEY": "there"}).api_key == "there"
    assert options_from(["--api-key", "here"], {"KANTA_API_KEY": "there"}).api_key == "here"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--batch-size", "0"], "'0' is no number of photos"),
        (["--batch-size", "many"], "'many' is no number of photos"),
        (["--delay", "-1"], "'-1' is no number of seconds"),
        (["--delay", "nan"], "'nan' is no number of seconds"),
        (["--api-url", "localhost:7071"], "is no http:// or https:// URL"),
        (["--api-url", "http://localhost:99999"], "is no http:// or https:// URL"),
        (["--api-key", "geheimnïs"], "characters that no key has"),
        (["--no-such-option"], "unrecognized arguments"),
    ],
)
def test_a_senseless_option_is_named(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_from(arguments, {})
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_the_script_names_its_own_dependencies_for_uv() -> None:
    block = re.search(r"(?m)^# /// script\n((?:#.*\n)+?)# ///$", (SEED / "main.py").read_text())
    assert block is not None
    metadata = tomllib.loads(re.sub(r"(?m)^# ?", "", block[1]))
    assert metadata["requires-python"] == ">=3.11"
    assert {re.split(r"[<>=]", dependency)[0] for dependency in metadata["dependencies"]} == {"httpx", "rich"}


def test_a_log_shows_each_photo_its_uuid_and_the_sum(kanta: ScriptedKanta, album: Path) -> None:
    (album / "notes.txt").write_text("no photo")
    kanta.refusals["b.png"] = lambda: kanta.problem(422, "Not an image")
    ended = run(kanta, album)
    assert ended.returncode == 1
    first = next(uuid for (_, _), uuid in kanta.uuids.items())
    assert re.search(rf"^\[\d/4\] .*\.png → {first} \(new\)$", ended.stdout, re.MULTILINE)
    assert re.search(r"^\[\d/4\] notes\.txt → skipped: no image$", ended.stdout, re.MULTILINE)
    assert re.search(
        r"^2 new, 0 already there, 1 skipped, 1 failed; \d+\.\d s, \d+\.\d photos/s$",
        ended.stdout,
        re.MULTILINE,
    )
    assert ended.stdout.endswith("  failed: b.png: Not an image\n")
    assert "\x1b" not in ended.stdout
    assert ended.stderr == ""


def test_a_second_run_says_already_there_and_ends_with_0(kanta: ScriptedKanta, album: Path) -> None:
    assert run(kanta, album).returncode == 0
    again = run(kanta, album)
    assert again.returncode == 0
    assert "event test-yale-faces (there already)" in again.stdout
    assert "0 new, 3 already there, 0 skipped, 0 failed" in again.stdout


def test_photos_that_are_not_there_end_it_with_2_and_one_line(kanta: ScriptedKanta, tmp_path: Path) -> None:
    ended = run(kanta, tmp_path / "none.zip")
    assert ended.returncode == 2
    assert ended.stderr == f"There are no photos at {tmp_path}/none.zip: no such zip or folder.\n"


def test_an_event_that_is_refused_ends_it_with_2_and_one_line(kanta: ScriptedKanta, album: Path) -> None:
    ended = run(kanta, album, "--event-code", "a party")
    assert ended.returncode == 2
    assert ended.stderr == "The event a party could not be created: Invalid event code: It has a space\n"


def test_a_name_cannot_speak_to_the_terminal(kanta: ScriptedKanta, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("\x1b[2J\x1b]0;owned\x07[red]a.png", image("a"))
    ended = run(kanta, tmp_path / "a.zip")
    assert ended.returncode == 0
    assert "\ufffd[2J\ufffd]0;owned\ufffd[red]a.png → " in ended.stdout


def test_a_terminal_gets_a_progress_bar(kanta: ScriptedKanta, album: Path) -> None:
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        command(kanta, album), cwd=SEED, stdout=terminal, stderr=terminal, env={**os.environ, "TERM": "xterm"}
    ) as process:
        os.close(terminal)
        shown = b""
        while True:
            try:
                chunk = os.read(controller, 4096)
            except OSError:  # Linux's way of saying that the other side is closed
                break
            if not chunk:
                break
            shown += chunk
        assert process.wait(20) == 0
    os.close(controller)
    assert "━".encode() in shown
    assert b"3/3" in shown


@pytest.mark.parametrize("inherited", ["default_int_handler", "SIG_IGN"])
def test_sigint_ends_it_with_130_and_the_sum_so_far(kanta: ScriptedKanta, album: Path, inherited: str) -> None:
    handler = f"signal.signal(signal.SIGINT, signal.{inherited})"
    become = f"import os, signal, sys; {handler}; os.execv(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", become, *command(kanta, album, "--batch-size", "1", "--delay", "60")],
        cwd=SEED,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines: list[str] = []
        while not any("(new)" in line for line in lines):
            lines.append(process.stdout.readline())
            assert lines[-1], "the program ended before it had uploaded a photo"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait(20) == 130
        assert process.stderr.read() == ""
    assert "1 new, 0 already there, 0 skipped, 0 failed" in rest
    assert "2 of 3 files have no result" in rest
