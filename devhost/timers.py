"""Timer triggers: one run at a time; ticks that were missed become one run, with `past_due`."""

import asyncio
import logging
from datetime import UTC, datetime

from devhost import console
from devhost.journal import Journal
from devhost.pool import Pool
from devhost.triggers import TimerTrigger

_log = console.source("timer")
_PAST_DUE_SECONDS = 1.0
_WORTH_A_LINE_SECONDS = 1.0
# A laptop may sleep, and its clock may be set: the wall clock is asked again this often.
_LONGEST_SLEEP = 30.0


class Timer:
    """Fires one timer trigger until it is cancelled."""

    def __init__(self, trigger: TimerTrigger, pool: Pool, journal: Journal) -> None:
        self._trigger = trigger
        self._pool = pool
        self._journal = journal

    async def run(self) -> None:
        """Fires for ever; what the last run of the host missed comes first."""
        function, schedule = self._trigger.function, self._trigger.schedule
        kept = self._journal.due(function)
        due = datetime.fromtimestamp(kept, UTC) if kept is not None else schedule.after(datetime.now(UTC))
        # A schedule that became denser must not wait for the tick of the old one.
        due = min(due, schedule.after(datetime.now(UTC)))
        self._journal.set_due(function, due.timestamp())
        now = self._trigger.run_on_startup
        while True:
            if not now:
                await _sleep_until(due)
            now, start = False, datetime.now(UTC)
            await self._fire(past_due=(start - due).total_seconds() > _PAST_DUE_SECONDS, due=due, start=start)
            due = schedule.after(start)
            self._journal.set_due(function, due.timestamp())

    async def _fire(self, *, past_due: bool, due: datetime, start: datetime) -> None:
        status = {"Last": due.isoformat(), "Next": self._trigger.schedule.after(start).isoformat()}
        payload = {"IsPastDue": past_due, "ScheduleStatus": status, "Schedule": {"AdjustForDST": True}}
        outcome = await self._pool.call(self._trigger.function, payload)
        took = console.duration(outcome.seconds) + (", past due" if past_due else "")
        if outcome.ok:
            # A timer that ticks every second and finds nothing to do would drown the rest.
            quick = outcome.seconds < _WORTH_A_LINE_SECONDS and not past_due
            _log.log(logging.DEBUG if quick else logging.INFO, "%s %s ok", self._trigger.function, took)
        else:
            _log.warning("%s %s failed: %s", self._trigger.function, took, outcome.reason)


async def _sleep_until(moment: datetime) -> None:
    while (rest := (moment - datetime.now(UTC)).total_seconds()) > 0:  # noqa: ASYNC110 - it waits for a clock
        await asyncio.sleep(min(rest, _LONGEST_SLEEP))
