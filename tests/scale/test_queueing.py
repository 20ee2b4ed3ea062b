"""Queues and servers do what queueing theory says of them."""

from __future__ import annotations

from math import factorial

import numpy as np
import pytest
import simpy

from scale.queueing import Line, Meter, Servers, Steps

JOBS = 40_000


def erlang_c_wait(servers: int, arrivals: float, served: float) -> float:
    """Mean seconds in the queue of M/M/c: Erlang's C formula (Kleinrock, Queueing Systems I, 3.5)."""
    load = arrivals / served
    all_busy = load**servers / factorial(servers) * servers / (servers - load)
    some_free = sum(load**busy / factorial(busy) for busy in range(servers))
    return all_busy / (some_free + all_busy) / (servers * served - arrivals)


def run_servers(count: int, *, arrivals: float, served: float) -> Servers:
    """Poisson arrivals and exponential service, both by the second."""
    random = np.random.default_rng(1)
    env = simpy.Environment()
    servers = Servers(env, count)
    gaps, seconds = random.exponential(1 / arrivals, JOBS).tolist(), random.exponential(1 / served, JOBS).tolist()

    def come() -> Steps:
        for gap, work in zip(gaps, seconds, strict=True):
            yield env.timeout(gap)
            env.process(servers.serve(work))

    env.process(come())
    env.run()
    return servers


@pytest.mark.parametrize(("count", "arrivals"), [(1, 0.7), (2, 1.5), (8, 6.5)])
def test_servers_make_people_wait_as_long_as_erlang_says(count: int, arrivals: float) -> None:
    servers = run_servers(count, arrivals=arrivals, served=1.0)
    assert servers.served == JOBS
    assert servers.waited / JOBS == pytest.approx(erlang_c_wait(count, arrivals, 1.0), rel=0.1)


def test_who_takes_turns_gets_as_much_done_and_lets_the_short_ones_go_first() -> None:
    ends: dict[str, float] = {}
    env = simpy.Environment()
    machine = Servers(env, 1, turns=0.1)

    def work(name: str, seconds: float) -> Steps:
        yield from machine.serve(seconds)
        ends[name] = env.now

    env.process(work("long", 10.0))
    env.process(work("short", 0.1))
    env.run()
    assert ends["short"] == pytest.approx(0.2)
    assert ends["long"] == pytest.approx(10.1)
    assert machine.meter.total == pytest.approx(10.1)


def test_servers_that_all_work_take_longer_where_they_crowd_each_other() -> None:
    def both(crowded: float) -> float:
        env = simpy.Environment()
        machine = Servers(env, 2, turns=0.01, crowded=crowded)
        for _ in range(2):
            env.process(machine.serve(10.0))
        env.run()
        return float(env.now)

    assert both(1.0) == pytest.approx(10.0)
    assert both(1.5) == pytest.approx(15.0, rel=0.01)


def test_one_server_at_work_is_crowded_by_nobody() -> None:
    env = simpy.Environment()
    env.process(Servers(env, 2, turns=0.01, crowded=1.5).serve(10.0))
    env.run()
    assert env.now == pytest.approx(10.0)


def line_with(random: np.random.Generator) -> tuple[simpy.Environment, Line[int], list[int]]:
    env = simpy.Environment()
    line: Line[int] = Line(env)
    gone: list[int] = []

    def come() -> Steps:
        for number in range(2_000):
            yield env.timeout(random.exponential(1.0))
            line.put(number)

    def go() -> Steps:
        while len(gone) < 2_000:
            gone.append((yield line.next("server")))
            yield env.timeout(random.exponential(0.8))

    env.process(come())
    env.process(go())
    return env, line, gone


@pytest.fixture
def run_line() -> tuple[simpy.Environment, Line[int], list[int]]:
    its = line_with(np.random.default_rng(2))
    its[0].run()
    return its


def test_littles_law_holds_in_a_line(run_line: tuple[simpy.Environment, Line[int], list[int]]) -> None:
    env, line, _ = run_line
    length, rate, wait = line.length_seconds / env.now, line.came / env.now, line.waited / line.came
    assert length > 0.5
    assert length == pytest.approx(rate * wait)


def test_who_came_first_goes_first(run_line: tuple[simpy.Environment, Line[int], list[int]]) -> None:
    assert run_line[2] == list(range(2_000))


def test_who_is_sent_away_waits_no_longer_and_takes_nothing() -> None:
    env = simpy.Environment()
    line: Line[str] = Line(env)
    ending, staying = line.next("ending"), line.next("staying")
    line.send_away("ending")
    line.put("photo")
    env.run()
    assert ending.value is None
    assert staying.value == "photo"


def test_work_counts_for_the_minutes_it_was_done_in() -> None:
    meter = Meter()
    meter.add(30.0, 60.0)
    meter.add(1_000.0, 3.0)
    assert meter.total == 63.0
    assert meter.peak(minutes=1) == pytest.approx(0.5)
    assert meter.peak(minutes=2) == pytest.approx(0.5)
