"""NCRONTAB, the schedules of timer triggers: `{second} {minute} {hour} {day} {month} {day-of-week}`, in UTC.

Differs from cron as Azure's does: seconds come first, and a day must match both `day` and `day-of-week`.
Five fields are read as six with second 0. https://github.com/atifaziz/NCrontab/wiki/Crontab-Expression
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Self

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# 29 February on a given weekday comes back after 40 years at the latest.
_HORIZON = timedelta(days=366 * 41)


class _Field(NamedTuple):
    name: str
    low: int
    high: int
    names: Sequence[str] = ()

    def parse(self, text: str) -> tuple[int, ...]:
        return tuple(sorted({value for part in text.split(",") for value in self._span(part)}))

    def _span(self, part: str) -> range:
        span, slash, step_text = part.partition("/")
        step = self._number(step_text, 1, self.high) if slash else 1
        if span == "*":
            return range(self.low, self.high + 1, step)
        first, dash, last = span.partition("-")
        start = self._value(first)
        end = self._value(last) if dash else self.high if slash else start
        if end < start:
            raise ValueError(f"the {self.name} range {span!r} runs backwards")
        return range(start, end + 1, step)

    def _value(self, text: str) -> int:
        for index, name in enumerate(self.names):
            if text.lower() in (name, name[:3]):
                return self.low + index
        return self._number(text, self.low, self.high)

    def _number(self, text: str, low: int, high: int) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            raise ValueError(f"{text!r} is no {self.name} ({low}–{high})")
        return int(text)


_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("day-of-week", 0, 6, _DAYS),
)


@dataclass(frozen=True)
class Schedule:
    """When a timer fires; every field holds its allowed values, sorted."""

    seconds: tuple[int, ...]
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError with the reason when `text` is no schedule, or one that never fires."""
        parts = text.split()
        if len(parts) == len(_FIELDS) - 1:
            parts.insert(0, "0")
        if len(parts) != len(_FIELDS):
            raise ValueError(f"{text!r} has {len(parts)} fields, not six")
        schedule = cls(*(field.parse(part) for field, part in zip(_FIELDS, parts, strict=True)))
        schedule.after(datetime(2000, 1, 1, tzinfo=UTC))
        return schedule

    def after(self, moment: datetime) -> datetime:
        """The first tick later than `moment`, which knows its zone; in UTC."""
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day, clock = start.date(), (start.hour, start.minute, start.second)
        while day - start.date() < _HORIZON:
            if self._has_day(day.day, day.month, day.isoweekday() % 7):
                time_of_day = self._clock_from(*clock)
                if time_of_day is not None:
                    return datetime(day.year, day.month, day.day, *time_of_day, tzinfo=UTC)
            day, clock = day + timedelta(days=1), (0, 0, 0)
        raise ValueError("this schedule never fires")

    def _has_day(self, day: int, month: int, weekday: int) -> bool:
        return day in self.days and month in self.months and weekday in self.weekdays

    def _clock_from(self, hour: int, minute: int, second: int) -> tuple[int, int, int] | None:
        """The first allowed time of day at or after the given one."""
        for candidate in self.hours:
            if candidate > hour:
                return candidate, self.minutes[0], self.seconds[0]
            if candidate == hour:
                for other in self.minutes:
                    if other > minute:
                        return candidate, other, self.seconds[0]
                    if other == minute:
                        later = next((tick for tick in self.seconds if tick >= second), None)
                        if later is not None:
                            return candidate, other, later
        return None
