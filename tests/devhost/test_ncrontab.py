"""Schedules fire when NCRONTAB says."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devhost.ncrontab import Schedule

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)  # a Saturday


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("* * * * * *", "2026-11-21T12:00:01"),
        ("*/15 * * * * *", "2026-11-21T12:00:15"),
        ("0 * * * * *", "2026-11-21T12:01:00"),
        ("* * * * *", "2026-11-21T12:01:00"),
        ("0 */5 * * * *", "2026-11-21T12:05:00"),
        ("0 0 * * * *", "2026-11-21T13:00:00"),
        ("30 59 23 * * *", "2026-11-21T23:59:30"),
        ("0 0 0 1 1 *", "2027-01-01T00:00:00"),
        ("0 0 9 * * Mon-Fri", "2026-11-23T09:00:00"),
        ("0 0 9 * * 0", "2026-11-22T09:00:00"),
        ("0 0 9 * * Sunday", "2026-11-22T09:00:00"),
        ("0 0 0 29 feb *", "2028-02-29T00:00:00"),
        ("0 0 0 29 2 sun", "2032-02-29T00:00:00"),
        ("0 0 0 13 * Fri", "2027-08-13T00:00:00"),
        ("5,10 0 12 * * *", "2026-11-21T12:00:05"),
        ("50/5 * * * * *", "2026-11-21T12:00:50"),
        ("0 10-20/5 12 * * *", "2026-11-21T12:10:00"),
    ],
)
def test_the_next_tick_is_the_first_that_matches(text: str, first: str) -> None:
    assert Schedule.parse(text).after(NOON) == datetime.fromisoformat(first).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("", "* * * *", "* * * * * * *", "00:00:05"),
        *("60 * * * * *", "-1 * * * * *", "a * * * * *", "² * * * * *", "*/0 * * * * *", "5-1 * * * * *"),
        *("1,,2 * * * * *", "* * * 0 * *", "* * * * foo *", "* * * * * 7", "0 0 0 30 2 *"),
    ],
)
def test_what_is_no_schedule_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Schedule.parse(text)


def test_times_in_other_zones_are_compared_in_utc() -> None:
    east = datetime.fromisoformat("2026-11-21T14:30:00+02:00")
    assert Schedule.parse("0 0 13 * * *").after(east) == datetime(2026, 11, 21, 13, 0, 0, tzinfo=UTC)


def field(low: int, high: int) -> st.SearchStrategy[tuple[str, frozenset[int]]]:
    """One field's text, and the values it stands for."""
    values = st.integers(low, high)
    one = values.map(lambda value: (str(value), frozenset({value})))
    every = st.just(("*", frozenset(range(low, high + 1))))
    steps = st.integers(1, high).map(lambda step: (f"*/{step}", frozenset(range(low, high + 1, step))))
    spans = st.tuples(values, values).map(
        lambda ends: (f"{min(ends)}-{max(ends)}", frozenset(range(min(ends), max(ends) + 1)))
    )
    part = st.one_of(one, every, steps, spans)
    return st.lists(part, min_size=1, max_size=3).map(
        lambda parts: (",".join(text for text, _ in parts), frozenset().union(*(allowed for _, allowed in parts)))
    )


@given(
    seconds=field(0, 59),
    minutes=field(0, 59),
    hours=field(0, 23),
    weekdays=field(0, 6),
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - naive bounds
)
def test_every_tick_matches_and_none_is_skipped(
    seconds: tuple[str, frozenset[int]],
    minutes: tuple[str, frozenset[int]],
    hours: tuple[str, frozenset[int]],
    weekdays: tuple[str, frozenset[int]],
    moment: datetime,
) -> None:
    schedule = Schedule.parse(f"{seconds[0]} {minutes[0]} {hours[0]} * * {weekdays[0]}")

    def matches(tick: datetime) -> bool:
        return (
            tick.second in seconds[1]
            and tick.minute in minutes[1]
            and tick.hour in hours[1]
            and tick.isoweekday() % 7 in weekdays[1]
        )

    tick = schedule.after(moment)
    assert tick > moment
    assert matches(tick)
    assert tick.microsecond == 0
    # The nearest earlier moments are no ticks: the hours between, and the last seconds one by one.
    start = moment.replace(microsecond=0) + timedelta(seconds=1)
    for back in range(1, 121):
        earlier = tick - timedelta(seconds=back)
        assert earlier < start or not matches(earlier)
    hour = tick.replace(minute=min(minutes[1]), second=min(seconds[1])) - timedelta(hours=1)
    while hour >= start:
        assert not matches(hour)
        hour -= timedelta(hours=1)
