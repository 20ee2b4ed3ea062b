"""How much memory this process held at most."""

from __future__ import annotations

from pathlib import Path


def peak() -> int:
    """In bytes, this process's own; what getrusage says may be that of the process it was started from."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return 1024 * int(line.split()[1])
    import resource  # noqa: PLC0415 - Windows has none

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
