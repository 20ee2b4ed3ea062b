"""Processor time of other programs, from Linux: what PostgreSQL and Azurite do for us."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name, see proc(5): the parent, and the ticks of children that have ended.
_PARENT, _ENDED = 1, slice(13, 15)


def spent_by(program: str) -> float:
    """Seconds of processor time that our descendants running `program` have had, and theirs that ended."""
    children: dict[int, list[int]] = defaultdict(list)
    ended: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        children[int(fields[_PARENT])].append(pid)
        ended[pid] = sum(map(int, fields[_ENDED]))
    total, waiting = 0.0, [os.getpid()]
    while waiting:
        found = children[waiting.pop()]
        waiting += found
        total += sum(_clock(pid) + ended[pid] / _TICK for pid in found if program in _command_line(pid))
    return total


def _clock(pid: int) -> float:
    """Its processor time in nanoseconds' steps, as clock_getcpuclockid(3) has it: /proc counts ticks of 10 ms."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except OSError:
        return 0.0


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
