"""HTTP functions get requests, and clients answers, as from the real Functions host."""

import concurrent.futures
import hashlib
import http.client
import json
import os
import re
import socket
import time
from typing import Any

import httpx
import pytest

from tests.devhost.running import RunningHost, eventually

LIMIT = 8 << 20


def raw(host: RunningHost, request: bytes) -> tuple[int, str | None, bytes]:
    """The status, content type and body that answer `request` as it stands."""
    with socket.create_connection(("127.0.0.1", host.port), timeout=30) as connection:
        connection.sendall(request)
        with http.client.HTTPResponse(connection) as response:
            response.begin()
            return response.status, response.getheader("content-type"), response.read()


def echoed(host: RunningHost, target: str, *headers: bytes) -> dict[str, Any]:
    """What the echo function saw of a GET of `target`."""
    lines = [f"GET {target} HTTP/1.1".encode(), b"Host: toy.test", *headers, b"Connection: close"]
    status, _, body = raw(host, b"\r\n".join([*lines, b"", b""]))
    assert status == 200, body
    told: dict[str, Any] = json.loads(body)
    return told


@pytest.mark.parametrize(
    ("target", "rest"),
    [
        ("/echo/plain", "plain"),
        ("/echo/a%20b/c%2Fd", "a b/c/d"),
        ("/echo/%C3%BC", "ü"),
        ("/echo//double", "/double"),
        ("/echo/x;y=z", "x;y=z"),
        ("/echo/q?a=1&a=2&empty=&amp=%26", "q"),
    ],
)
def test_a_url_reaches_its_function_as_it_was_written(host: RunningHost, target: str, rest: str) -> None:
    told = echoed(host, target)
    assert told["url"] == f"http://toy.test{target}"
    assert told["route"] == {"rest": rest}


def test_parameters_that_repeat_are_joined(host: RunningHost) -> None:
    assert echoed(host, "/echo/q?a=1&a=2&empty=")["params"] == {"a": "1,2", "empty": ""}


def test_a_path_that_is_no_utf_8_stays_as_it_was_written(host: RunningHost) -> None:
    assert echoed(host, "/echo/a%FFb")["route"] == {"rest": "a%FFb"}


def test_an_absolute_url_is_read_for_its_path(host: RunningHost) -> None:
    assert echoed(host, "http://proxied.test/echo/x")["route"] == {"rest": "x"}


@pytest.mark.parametrize(("target", "name"), [(b"/echo/%00", b"toy.test"), (b"/echo/x", b"toy test/")])
def test_what_names_no_url_is_refused(host: RunningHost, target: bytes, name: bytes) -> None:
    status, kind, _ = raw(host, b"GET " + target + b" HTTP/1.1\r\nHost: " + name + b"\r\n\r\n")
    assert (status, kind) == (400, "application/problem+json")


def test_headers_of_any_bytes_arrive(host: RunningHost) -> None:
    told = echoed(host, "/echo/h", b"X-Latin: caf\xe9", b"X-Utf: caf\xc3\xa9", b"X-Twice: 1", b"x-twice: 2")
    assert told["headers"]["x-latin"] == "café"
    assert told["headers"]["x-utf"] == "café"
    assert told["headers"]["x-twice"] == "1,2"


def test_bodies_past_four_megabytes_arrive_whole(host: RunningHost) -> None:
    body = os.urandom(6 << 20)
    told = httpx.post(f"{host.url}/echo/body", content=body, timeout=60).json()
    assert (told["size"], told["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_chunked_bodies_arrive_whole(host: RunningHost) -> None:
    told = httpx.post(f"{host.url}/echo/body", content=(b"x" * 70_000 for _ in range(20)), timeout=60).json()
    assert told["size"] == 1_400_000
    assert "content-length" not in told["headers"]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_over_the_limit_is_413_that_the_client_gets_to_read(host: RunningHost, chunked: bool) -> None:  # noqa: FBT001
    body = (b"x" * (1 << 20) for _ in range(20)) if chunked else b"x" * (20 << 20)
    response = httpx.post(f"{host.url}/echo/body", content=body, timeout=60)
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == 413


def test_a_body_of_the_limit_is_taken(host: RunningHost) -> None:
    assert httpx.post(f"{host.url}/echo/body", content=b"x" * LIMIT, timeout=60).json()["size"] == LIMIT


def test_head_is_answered_without_a_body(host: RunningHost) -> None:
    response = httpx.head(f"{host.url}/echo/x")
    assert (response.status_code, response.content) == (200, b"")


def test_every_cookie_of_a_response_arrives(host: RunningHost) -> None:
    cookies = httpx.get(f"{host.url}/echo/x").headers.get_list("set-cookie")
    assert [cookie.split(";")[0] for cookie in cookies] == ["a=1", "b=2"]


def test_functions_that_are_not_async_run_in_threads(host: RunningHost) -> None:
    text = httpx.get(f"{host.url}/item/7").text
    assert text.startswith("number 7 in ")
    assert "MainThread" not in text


def test_routes_and_methods_choose_the_function(host: RunningHost) -> None:
    assert httpx.get(f"{host.url}/item/seven/a").text == "name seven part a"
    assert httpx.get(f"{host.url}/fail/nothing-here").status_code == 404
    # Every other path is FastAPI's, which answers in its own words.
    assert httpx.get(f"{host.url}/nowhere").json() == {"detail": "Not Found"}


def test_fastapi_sees_the_request_that_the_client_sent(host: RunningHost) -> None:
    headers = {b"x-name": "ü".encode(), b"content-type": b"image/jpeg"}
    told = httpx.post(f"{host.url}/asgi/a%20b?c=%20", content=b"x" * 5_000_000, headers=headers, timeout=60).json()
    assert (told["rest"], told["query"], told["size"]) == ("a b", "c=%20", 5_000_000)
    assert told["headers"]["content-type"] == "image/jpeg"
    assert told["headers"]["x-name"].encode("latin-1").decode() == "ü"


def test_a_function_that_raises_is_500_without_the_reason(host: RunningHost) -> None:
    response = httpx.get(f"{host.url}/fail?token=hidden")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "secret" not in response.text
    eventually("the reason in the log", lambda: "RuntimeError: a secret of the app" in host.log)


def test_the_access_log_shows_no_query(host: RunningHost) -> None:
    httpx.get(f"{host.url}/echo/logged?sig=hidden-signature")
    eventually("its line", lambda: "GET /echo/logged 200" in host.log)
    assert "hidden-signature" not in host.log


def test_many_requests_run_at_once(host: RunningHost) -> None:
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: httpx.get(f"{host.url}/echo/x?sleep=1", timeout=60), range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - start < 10
    assert len({answer.json()["invocation"] for answer in answers}) == 20


def test_an_http_process_that_dies_is_replaced_while_clients_wait(host: RunningHost) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{host.url}/die", timeout=30)
    assert httpx.get(f"{host.url}/echo/after", timeout=60).status_code == 200
    assert "died of SIGSEGV; starting another" in host.log


def test_an_invocation_is_in_the_trace_that_its_request_names_or_in_one_of_its_own(host: RunningHost) -> None:
    trace, caller = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    given = f"traceparent: 00-{trace}-{caller}-01".encode()
    (parent, state) = echoed(host, "/echo/a", given, b"tracestate: vendor=1")["trace"]
    assert parent.startswith(f"00-{trace}-")
    assert caller not in parent
    assert (parent[-3:], state) == ("-01", "vendor=1")
    for header in (b"x-nothing: 1", b"traceparent: 00-" + b"0" * 32 + b"-b7ad6b7169203331-01"):
        own, none = echoed(host, "/echo/a", header)["trace"]
        assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", own)
        assert own != parent
        assert none == ""
