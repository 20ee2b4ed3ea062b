"""Drain: this process was told to end. What can stop between two steps stops there, what can't is let finish.

On SIGTERM the Functions host takes nothing new and waits for what its workers are at. A Python worker would die of
the same signal at once (the host then tells of exit code 143), and every photo it is at would have to begin again.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

# A worker whose host forgot it ends by itself before Container Apps does it (infra/release/app.bicep says when).
_GRACE = 290.0
# The end comes without a word.
_SAVED_EVERY = 1.0
_DIED_OF_SIGTERM = 128 + signal.SIGTERM

_told = threading.Event()


def is_draining() -> bool:
    """Whether what would begin another step had better leave it to another process."""
    return _told.is_set()


def on_sigterm(save: Callable[[], object], *, grace: float = _GRACE) -> None:
    """From now on SIGTERM makes this process drain: it does `save` every second, and ends after `grace` seconds.

    Whoever ends it earlier, as the host does when nothing runs any more, may. Only the main thread can ask for it.
    """

    def try_to_save() -> None:
        # Whatever becomes of it, the process is to end.
        with suppress(Exception):
            save()

    def drain() -> None:
        until = time.monotonic() + grace
        while (rest := until - time.monotonic()) > 0:
            try_to_save()
            time.sleep(min(rest, _SAVED_EVERY))
        try_to_save()
        os._exit(_DIED_OF_SIGTERM)

    def handle(_number: int, _frame: FrameType | None) -> None:
        if not _told.is_set():
            _told.set()
            # The handler interrupts the worker's event loop: nothing here may wait.
            threading.Thread(target=drain, name="drain", daemon=True).start()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, handle)
