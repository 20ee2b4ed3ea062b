"""The pool of workers is fair, and charges nobody for another's death."""

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from devhost.config import Config
from devhost.pool import Outcome, Pool
from tests.devhost.running import PLAYGROUND

STILL = {"IsPastDue": False}


@pytest.fixture
def with_pool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Pool], Awaitable[None]]], None]:
    """Runs a coroutine function over a pool of one worker that has the playground loaded."""
    folder = tmp_path / "app"
    shutil.copytree(PLAYGROUND, folder)
    monkeypatch.chdir(folder)
    environment = Config.load(folder, {}).app_environment(os.environ, database="", storage="")

    def run(what: Callable[[Pool], Awaitable[None]]) -> None:
        async def body() -> None:
            pool = Pool(1, environment=environment, timeout=30)
            await pool.start()
            try:
                async with asyncio.timeout(60):
                    await what(pool)
            finally:
                await pool.stop()

        asyncio.run(body())

    return run


def test_urgent_callers_come_first_but_never_starve_the_patient(
    with_pool: Callable[[Callable[[Pool], Awaitable[None]]], None],
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
    with_pool: Callable[[Callable[[Pool], Awaitable[None]]], None],
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
