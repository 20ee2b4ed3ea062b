"""A source's own build, as a process that ends, compilers and all, when whoever started it is gone.

`python -P backend.py FOLDER PARENT` runs in the folder of the source and puts the wheel into FOLDER. It leads a
process group, was started by the process PARENT, and imports nothing of this project.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

from setuptools import build_meta  # type: ignore[import-untyped] # it ships no types


def end_with(parent: int) -> None:
    """Kill this process's group once `parent` is no longer its parent: SIGKILL can't be handed on otherwise."""
    while os.getppid() == parent:
        time.sleep(0.2)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    threading.Thread(target=end_with, args=(int(sys.argv[2]),), daemon=True).start()
    build_meta.build_wheel(sys.argv[1])
