"""One request, tried again for as long as that makes sense."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

TRIES: Final = 6
FIRST_WAIT_SECONDS: Final = 0.5
LONGEST_WAIT_SECONDS: Final = 120.0

_PASSING_STATUSES: Final = frozenset({429, 502, 503, 504})
# These are about the request, which will be no better the next time.
_OWN_FAULTS: Final = (httpx.LocalProtocolError, httpx.UnsupportedProtocol)


class NoAnswerError(Exception):
    """The API gave no lasting answer in TRIES tries; the message says what the last one met."""


async def answer_of(
    send: Callable[[], Awaitable[httpx.Response]], notice: Callable[[str], None]
) -> httpx.Response:
    """The first lasting answer of `send`: 429, 502, 503, 504 and lost connections are tried again.

    Waits 0.5, 1, 2, 4 and 8 s, each less up to a half at random so that clients part, and as much longer as
    Retry-After asks. `notice` is told before each wait. Raises NoAnswerError after the last try, and at once
    where Retry-After asks for more than LONGEST_WAIT_SECONDS or the request itself is what is wrong.
    """
    for attempt in range(1, TRIES + 1):
        asked = 0.0
        try:
            response = await send()
        except _OWN_FAULTS as error:
            raise NoAnswerError(str(error)) from error
        except httpx.TransportError as error:
            trouble = str(error) or type(error).__name__
        else:
            if response.status_code not in _PASSING_STATUSES:
                return response
            trouble = f"{response.status_code} {response.reason_phrase}"
            asked = retry_after_seconds(response.headers.get("retry-after"))
        if attempt == TRIES:
            raise NoAnswerError(f"{trouble}, {TRIES} times")
        if asked > LONGEST_WAIT_SECONDS:
            raise NoAnswerError(f"{trouble}, and to come back in {asked:.0f} s")
        backoff = FIRST_WAIT_SECONDS * 2 ** (attempt - 1)
        wait = asked + backoff * random.uniform(0.5, 1)  # noqa: S311 - spreads clients, guards nothing
        notice(f"{trouble}; trying again in {wait:.1f} s")
        await asyncio.sleep(wait)
    raise AssertionError("the last try returns or raises")


def retry_after_seconds(header: str | None) -> float:
    """The wait that a Retry-After header asks for (RFC 9110 § 10.2.3): seconds or a date; 0 for neither."""
    if header is None:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())
