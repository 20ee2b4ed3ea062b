"""Ties a process to its parent, so that a killed parent leaves nobody behind.

On Linux the kernel does it: a parent-death signal. It is bound to the parent's *thread* that forked, so
children are spawned from a main thread. Other systems have no such signal: there a Python child watches its
parent's pid (`watch_parent`), and a program that is not Python lives on until the next start deals with it.

As a script it becomes another program: `python -I -S lifeline.py PARENT SIGNAL PROGRAM [ARGUMENT...]`.
"""

import ctypes
import os
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int, signal_number: int) -> None:
    """From now on this process gets `signal_number` when process `parent` dies.

    It ends here if that has happened already.
    """
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number) != 0:
        raise OSError("prctl(PR_SET_PDEATHSIG) failed")
    # The parent may have died before the kernel was told: an adopted process has another parent by now.
    if os.getppid() != parent:
        os._exit(1)


def watch_parent(parent: int, signal_number: int) -> None:
    """`die_with_parent` for a process that goes on as Python, on any system."""
    die_with_parent(parent, signal_number)
    if sys.platform != "linux":
        threading.Thread(target=_poll_parent, args=(parent, signal_number), daemon=True).start()


def _poll_parent(parent: int, signal_number: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal_number)


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]), int(sys.argv[2]))
    os.execv(sys.argv[3], sys.argv[3:])  # noqa: S606 - no shell is the point
