"""The pool of workers is fair, and charges nobody for another's death."""

import asyncio
import base64
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import pytest

from devhost.config import Config
from devhost.pool import Outcome, Pool
from tests.devhost.running import PLAYGROUND

STILL = {"IsPastDue": False}


class WithPool(Protocol):
    def __call__(self, what: Callable[[Pool], Awaitable[None]], threads: int = 1) -> None: ...


def message(id_: str, body: bytes) -> dict[str, object]:
    """What the host hands to a queue's function."""
    times = dict.fromkeys(("ExpirationTime", "InsertionTime", "NextVisibleTime"), "2026-01-01T00:00:00+00:00")
    return {
        "Id": id_,
        "PopReceipt": "x",
        "DequeueCount": 1,
        **times,
        "body": base64.b64encode(body).decode(),
    }


@pytest.fixture
def with_pool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WithPool:
    """Runs a coroutine function over a pool of one worker, which has the playground loaded and so many threads."""
    folder = tmp_path / "app"
    shutil.copytree(PLAYGROUND, folder)
    monkeypatch.chdir(folder)
    environment = Config.load(folder, {}).app_environment(os.environ, database="", storage="")

    def run(what: Callable[[Pool], Awaitable[None]], threads: int = 1) -> None:
        async def body() -> None:
            pool = Pool(1, environment=environment, timeout=30, threads=threads)
            await pool.start()
            try:
                async with asyncio.timeout(60):
                    await what(pool)
            finally:
                await pool.stop()

        asyncio.run(body())

    return run


def test_urgent_callers_come_first_but_never_starve_the_patient(
    with_pool: WithPool,
) -> None:
    order: list[str] = []

    async def both(pool: Pool) -> None:
        async def urgent() -> None:
            await pool.call("on_startup", STILL)
            order.append("urgent")

        async def patient() -> None:
            worker = await pool.free_worker(urgent=False)
            await pool.run(worker, "on_startup", STILL)
            order.append("patient")
            pool.give_back(worker)

        # Held while both kinds queue up.
        held = await pool.free_worker(urgent=False)
        callers = [asyncio.create_task(call()) for call in (*[patient] * 3, *[urgent] * 12)]
        await asyncio.sleep(0)
        pool.give_back(held)
        await asyncio.gather(*callers)

    with_pool(both)
    assert order[0] == "urgent"
    assert order.count("urgent") == 12
    third_patient = [place for place, kind in enumerate(order) if kind == "patient"][2]
    assert third_patient < len(order) - 1


def test_a_worker_that_dies_idle_fails_no_invocation(
    with_pool: WithPool,
) -> None:
    outcomes: list[Outcome] = []

    async def kill_and_call(pool: Pool) -> None:
        worker = await pool.free_worker(urgent=True)
        pool.give_back(worker)
        os.kill(worker._process.pid, signal.SIGKILL)
        await worker._process.wait()
        outcomes.append(await pool.call("on_startup", STILL))

    with_pool(kill_and_call)
    assert outcomes[0].ok


def test_a_worker_with_two_threads_runs_two_invocations_at_once(with_pool: WithPool) -> None:
    """Catches a second invocation that waits for the first: each of these ends only when both have begun."""
    outcomes: list[Outcome] = []

    async def both(pool: Pool) -> None:
        outcomes.extend(await asyncio.gather(*(pool.call("job", message(each, b"meet")) for each in ("a", "b"))))

    with_pool(both, threads=2)
    assert [outcome.ok for outcome in outcomes] == [True, True]


def test_a_worker_that_dies_takes_what_it_runs_with_it_and_is_replaced_once(with_pool: WithPool) -> None:
    outcomes: dict[str, Outcome] = {}
    workers: list[int] = []

    async def die_beside(pool: Pool) -> None:
        async def run(name: str, body: bytes) -> None:
            outcomes[name] = await pool.call("job", message(name, body))

        async with asyncio.TaskGroup() as calls:
            calls.create_task(run("beside", b"sleep 25"))
            calls.create_task(run("deadly", b"die"))
        await run("after", b"")
        await asyncio.gather(*pool._replacements)
        workers.append(len(pool._all))

    with_pool(die_beside, threads=2)
    assert {name: outcome.ok for name, outcome in outcomes.items()} == {
        "beside": False,
        "deadly": False,
        "after": True,
    }
    assert "SIGSEGV" in outcomes["beside"].reason
    assert workers == [1]
