import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from retries import TRIES, NoAnswerError, answer_of, retry_after_seconds

Answer = httpx.Response | Exception


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that would have been slept."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return slept


def sending(*answers: Answer) -> Callable[[], Awaitable[httpx.Response]]:
    left = list(answers)

    async def send() -> httpx.Response:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return send


def answered(*answers: Answer, notices: list[str] | None = None) -> httpx.Response:
    heard = notices if notices is not None else []
    return asyncio.run(_ensure(answer_of(sending(*answers), heard.append)))


async def _ensure(awaitable: Awaitable[httpx.Response]) -> httpx.Response:
    return await awaitable


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_passing_status_is_tried_again(waits: list[float], status: int) -> None:
    notices: list[str] = []
    assert answered(httpx.Response(status), httpx.Response(202), notices=notices).status_code == 202
    assert len(waits) == 1
    assert notices[0].startswith(str(status))


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ReadError(""),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadTimeout(""),
    ],
)
def test_a_lost_connection_is_tried_again(waits: list[float], error: httpx.TransportError) -> None:
    assert answered(error, httpx.Response(200)).status_code == 200
    assert len(waits) == 1


@pytest.mark.parametrize("status", [200, 202, 400, 404, 409, 413, 422, 500])
def test_any_other_status_is_an_answer(waits: list[float], status: int) -> None:
    assert answered(httpx.Response(status)).status_code == status
    assert waits == []


def test_waits_grow_and_tries_end(waits: list[float]) -> None:
    with pytest.raises(NoAnswerError, match=f"503 Service Unavailable, {TRIES} times"):
        answered(*[httpx.Response(503)] * TRIES)
    assert len(waits) == TRIES - 1
    for wait, longest in zip(waits, (0.5, 1, 2, 4, 8), strict=True):
        assert longest / 2 <= wait <= longest


def test_retry_after_is_the_least_that_is_waited(waits: list[float]) -> None:
    answered(httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200))
    assert 7 < waits[0] <= 7.5


def test_a_retry_after_beyond_patience_ends_it_at_once(waits: list[float]) -> None:
    with pytest.raises(NoAnswerError, match="3600 s"):
        answered(httpx.Response(503, headers={"Retry-After": "3600"}))
    assert waits == []


def test_a_request_that_is_wrong_itself_is_not_repeated(waits: list[float]) -> None:
    with pytest.raises(NoAnswerError, match="Too little data"):
        answered(httpx.LocalProtocolError("Too little data for declared Content-Length"))
    assert waits == []


def test_retry_after_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=30)
    assert 28 < retry_after_seconds(format_datetime(moment, usegmt=True)) <= 30


@pytest.mark.parametrize("header", [None, "", "soon", "-5", "Wed, 21 Oct 2015 07:28:00 GMT", "\u00b2"])
def test_a_retry_after_that_is_past_or_senseless_asks_for_nothing(header: str | None) -> None:
    assert retry_after_seconds(header) == 0
