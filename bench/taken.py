"""What a call takes, in a process of its own: time by the clock and of the processor, and memory."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from bench.peak import peak

_PATIENCE_SECONDS = 600.0

Answer = TypeVar("Answer")
Argument = TypeVar("Argument")


@dataclass(frozen=True, slots=True)
class Taken(Generic[Answer]):
    """What was answered, and what it took: seconds, and the megabytes that the process held at most."""

    answer: Answer
    seconds: float
    processor_seconds: float
    megabytes: float


def taken(call: Callable[[Argument], Answer], argument: Argument) -> Taken[Answer]:
    """Call in a new process; TimeoutError where that takes more than ten minutes."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as processes:
        return processes.submit(_measure, call, argument).result(_PATIENCE_SECONDS)


def _measure(call: Callable[[Argument], Answer], argument: Argument) -> Taken[Answer]:
    started, used = time.perf_counter(), time.process_time()
    answer = call(argument)
    return Taken(answer, time.perf_counter() - started, time.process_time() - used, peak() / 2**20)
