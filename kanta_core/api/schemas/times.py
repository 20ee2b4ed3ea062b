"""Times as they come in: RFC 3339; what has no offset is UTC; in filters a bare date is the whole day."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


def _written(given: object) -> object:
    # pydantic also takes numbers, for the seconds since 1970.
    if isinstance(given, datetime) or (isinstance(given, str) and _DAY.match(given)):
        return given
    raise ValueError("a time is written like 2026-11-21T15:00:00Z")


def _from_its_start(given: object) -> object:
    return f"{given}T00:00:00" if isinstance(given, str) and _DAY.fullmatch(given) else given


def _to_its_end(given: object) -> object:
    return f"{given}T23:59:59.999999" if isinstance(given, str) and _DAY.fullmatch(given) else given


def _utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the time is out of range") from error


Moment = Annotated[datetime, BeforeValidator(_written), AfterValidator(_utc)]
From = Annotated[Moment, BeforeValidator(_from_its_start)]
To = Annotated[Moment, BeforeValidator(_to_its_end)]
