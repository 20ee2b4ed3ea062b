"""Processor time of other programs, from Linux's /proc: what PostgreSQL and Azurite do for us."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat after the name, see proc(5): the parent, then own and waited-for children's ticks.
_PARENT, _TICKS = 1, slice(11, 15)


def spent_by(program: str) -> float:
    """Seconds of processor time that our descendants running `program` have had, and theirs that ended."""
    children: dict[int, list[int]] = defaultdict(list)
    ticks: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(stat.parent.name)
        children[int(fields[_PARENT])].append(pid)
        ticks[pid] = sum(map(int, fields[_TICKS]))
    total, waiting = 0, [os.getpid()]
    while waiting:
        found = children[waiting.pop()]
        waiting += found
        total += sum(ticks[pid] for pid in found if program in _command_line(pid))
    return total / _TICK


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
