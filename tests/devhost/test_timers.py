"""Timers tick on time, one run at a time."""

from tests.devhost.running import RunningHost, eventually


def test_a_timer_ticks_and_is_not_past_due(host: RunningHost) -> None:
    calls = eventually("three ticks", lambda: host.calls("every_second", past_due=False)[2:])
    assert calls


def test_run_on_startup_runs_at_the_start_whatever_the_schedule(host: RunningHost) -> None:
    (call,) = eventually("the first run", lambda: host.calls("on_startup"))
    assert call["past_due"] is False


def test_runs_never_overlap_and_missed_ticks_become_one_past_due_run(host: RunningHost) -> None:
    before = len(host.calls("every_second"))
    slow = host.folder / "slow-timer"
    slow.touch()
    try:
        eventually(
            "a run that is past due", lambda: [c for c in host.calls("every_second")[before:] if c["past_due"]]
        )
        eventually("four slow runs", lambda: host.calls("every_second")[before + 3 :])
    finally:
        slow.unlink()
    starts, ends = host.calls("every_second"), host.calls("every_second done")
    order = sorted([(call["time"], "start") for call in starts] + [(call["time"], "end") for call in ends])
    kinds = [kind for _, kind in order]
    assert kinds[::2] == ["start"] * len(kinds[::2])
    assert kinds[1::2] == ["end"] * len(kinds[1::2])
