"""A damaged photo is read or refused: no other error, no crash, no hang, no memory beyond a photo's."""

from __future__ import annotations

import signal
import sys

import pytest

from bench import fuzz
from bench.mutations import damaged, whole_photos


def test_damaged_photos_cost_neither_time_nor_memory_nor_the_process() -> None:
    outcomes, findings = fuzz.fuzz(100_000, 100_600, processes=1)
    print(dict(outcomes))
    assert findings == []
    assert outcomes.total() == 600
    # Some are readable still and some are not, else nothing was tried.
    assert outcomes["read"] > 50
    assert outcomes["image-broken"] > 50


def test_what_it_damages_is_readable_before_and_the_same_every_time() -> None:
    for name, data in whole_photos():
        assert fuzz._judge(data) == ("read", ""), name
    assert damaged(7) == damaged(7) != damaged(8)


# A child that stands for decoders which crash, hang and take too much memory.
BAD_DECODERS = """
import os, sys, time
from bench import fuzz
photos = iter(range(int(sys.argv[1]), int(sys.argv[2])))
kept = []

def judge(data):
    number = next(photos)
    if number == 3:
        os.abort()
    if number == 5:
        time.sleep(60)
    if number == 7:
        kept.append(b"x" * 700_000_000)
    return "read", ""

fuzz._judge, fuzz._SECONDS = judge, 5
fuzz._work(int(sys.argv[1]), int(sys.argv[2]))
"""


def test_a_crash_a_hang_and_memory_are_found_and_the_rest_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "_CHILD", (sys.executable, "-c", BAD_DECODERS))
    outcomes, findings = fuzz.fuzz(0, 10, processes=1)
    assert outcomes == {"read": 8}
    crash, hang, memory = findings
    assert crash.startswith("3 (jpeg cmyk, sha256 ")
    assert crash.endswith(f"took the process with it ({-signal.SIGABRT})")
    assert hang.endswith(f"took the process with it ({-signal.SIGALRM})")
    assert hang.startswith("5 ")
    assert memory.startswith("7 ")
    assert memory.endswith(" MB")


def test_an_error_that_is_no_refusal_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def raising(data: bytes, *, max_pixels: int) -> None:
        raise ZeroDivisionError("in a decoder")

    monkeypatch.setattr(fuzz, "decode", raising)
    assert fuzz._judge(b"") == ("raised", "ZeroDivisionError: in a decoder")


def test_a_check_that_takes_what_decoding_refuses_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz, "check", lambda data, max_pixels: None)
    assert fuzz._judge(b"") == ("image-empty", "decode: image-empty, check: read")
