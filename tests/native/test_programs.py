"""A program runs to its end or to its time-out, is heard meanwhile, and leaves nobody behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from native.programs import ask, watch
from tests.native.standins import wait_until_gone

ENVIRONMENT = {"PATH": os.environ["PATH"]}


def test_an_answer_has_what_was_said_and_how_it_ended() -> None:
    answer = ask(["sh", "-c", "cat; echo oops >&2; exit 3"], ENVIRONMENT, given="hello")
    assert (answer.status, answer.output, answer.errors) == (3, "hello", "oops\n")


def test_a_program_that_takes_too_long_is_ended_and_named() -> None:
    with pytest.raises(TimeoutError, match=r"waited 0 s for sh -c sleep 300"):
        ask(["sh", "-c", "sleep 300; true"], ENVIRONMENT, patience=0.1)


def test_one_hears_all_it_says_and_is_told_how_long_it_takes(tmp_path: Path) -> None:
    go = tmp_path / "go"
    script = f"echo 'first'; echo 'second' >&2; while ! test -e '{go}'; do sleep 0.02; done; echo last; exit 7"
    heard: list[bytes] = []
    paused: list[float] = []

    def pause(seconds: float) -> None:
        paused.append(seconds)
        if heard == [b"first\n", b"second\n"]:
            go.touch()

    status = watch(
        ["sh", "-c", script], ENVIRONMENT, tmp_path, hear=heard.append, pause=pause, every=0.05, patience=30
    )
    assert status == 7
    assert heard == [b"first\n", b"second\n", b"last\n"]
    assert paused == sorted(paused)
    assert 0.05 <= paused[0] < 30


def test_its_children_end_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = "import os, subprocess, time; child = subprocess.Popen(['sleep', '300']);"
    script += (
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}'); print(flush=True); time.sleep(300)"
    )
    heard: list[bytes] = []

    def pause(_: float) -> None:
        if heard:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(
            [sys.executable, "-c", script],
            ENVIRONMENT,
            tmp_path,
            hear=heard.append,
            pause=pause,
            every=0.05,
            patience=30,
        )
    for pid in map(int, pids.read_text().split()):
        wait_until_gone(pid)


def test_what_never_ends_is_ended(tmp_path: Path) -> None:
    with pytest.raises(TimeoutError, match="waited 0 minutes for sleep"):
        watch(
            ["sleep", "300"],
            ENVIRONMENT,
            tmp_path,
            hear=lambda _: None,
            pause=lambda _: None,
            every=0.05,
            patience=0.2,
        )
