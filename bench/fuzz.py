"""Damaged photos are read or refused, and cost neither much time, nor much memory, nor the process."""

from __future__ import annotations

import hashlib
import itertools
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from bench.mutations import damaged, whole_photos
from bench.tables import show
from kanta_core.errors import ImageRefused
from kanta_core.vision.decode import check, decode

_CHILD = (sys.executable, "-m", "bench.fuzz")
_PHOTOS = 20_000
_PROCESSES = 2
_SECONDS = 5
_MOST_MEGABYTES = 600
_ADDRESS_SPACE = 8 << 30
_MAX_PIXELS = 64_000_000


def run() -> None:
    started = time.perf_counter()
    outcomes, findings = fuzz(0, _PHOTOS, processes=_PROCESSES)
    seconds = time.perf_counter() - started
    show(
        f"{_PHOTOS} damaged photos, {len(whole_photos())} ways of writing one, {seconds:.0f} s",
        ("", "photos"),
        [*sorted(outcomes.items()), ("wrong", len(findings))],
    )
    for finding in findings:
        print(finding)


def fuzz(first: int, last: int, *, processes: int) -> tuple[Counter[str], list[str]]:
    """How many of the damaged photos `first` to `last` came to which end, and a sentence for each that is wrong.

    A child process does the work, as one that a decoder kills or holds up must not be this one.
    """
    outcomes: Counter[str] = Counter()
    findings: list[str] = []
    bounds = [first + (last - first) * part // processes for part in range(processes + 1)]
    watchers = [
        threading.Thread(target=_watch, args=(start, end, outcomes, findings))
        for start, end in itertools.pairwise(bounds)
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()
    return outcomes, sorted(findings)


def _watch(number: int, last: int, outcomes: Counter[str], findings: list[str]) -> None:
    while number < last:
        with subprocess.Popen(  # noqa: S603 - ourselves
            # libtiff says on stderr what it finds odd.
            [*_CHILD, str(number), str(last)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=Path(__file__).parents[1],
        ) as child:
            assert child.stdout is not None
            for line in child.stdout:
                number, outcome, detail = int(line.split()[0]), line.split()[1], line.split(maxsplit=2)[2:]
                if outcome == "next":
                    continue
                outcomes[outcome] += 1
                if detail:
                    findings.append(_finding(number, detail[0].strip()))
                number += 1
            code = child.wait()
        if code and number < last:
            findings.append(_finding(number, f"took the process with it ({code})"))
            number += 1


def _finding(number: int, what: str) -> str:
    name, data = damaged(number)
    return f"{number} ({name}, sha256 {hashlib.sha256(data).hexdigest()[:16]}): {what}"


def _work(first: int, last: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    # A decoder that hangs never comes back to Python: the alarm ends the process, and the parent sees why.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    whole_photos()
    for number in range(first, last):
        data = damaged(number)[1]
        print(number, "next", flush=True)
        signal.alarm(_SECONDS)
        outcome, wrong = _judge(data)
        signal.alarm(0)
        megabytes = _most_megabytes()
        if megabytes > _MOST_MEGABYTES:
            wrong = f"took {megabytes} MB"
        print(number, outcome, wrong, flush=True)
        if megabytes > _MOST_MEGABYTES:
            # The figure never falls: the next photo starts in a new process.
            sys.stdout.flush()
            os._exit(0)


def _most_megabytes() -> int:
    # Not ru_maxrss, which outlives an exec and counts what the parent held.
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) // 1024


def _judge(data: bytes) -> tuple[str, str]:
    """What came of a photo, and what is wrong about that."""
    try:
        ends = [_end(data, only_check=only_check) for only_check in (False, True)]
    except Exception as error:  # noqa: BLE001 - any is a finding
        return "raised", f"{type(error).__name__}: {error}".replace("\n", " ")
    return ends[0], "" if ends[0] == ends[1] else f"decode: {ends[0]}, check: {ends[1]}"


def _end(data: bytes, *, only_check: bool) -> str:
    try:
        if only_check:
            check(data, max_pixels=_MAX_PIXELS)
        else:
            photo = decode(data, max_pixels=_MAX_PIXELS)
            assert photo.pixels.shape == (
                -(-photo.height // int(photo.scale)),
                -(-photo.width // int(photo.scale)),
                3,
            )
    except ImageRefused as refused:
        return refused.slug
    return "read"


if __name__ == "__main__":
    _work(int(sys.argv[1]), int(sys.argv[2]))
