"""Whatever is sent to whichever operation: it is answered as described, and no answer is a 500.

What all answers promise (problem documents, no secret, no trace) is checked by the client itself.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_from_bytes
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kanta_core.api.app import create_app
from kanta_core.domain.access import Scope
from kanta_core.services import Services
from tests.api import forms, photos
from tests.api.client import Api
from tests.api.credentials import bearer
from tests.api.test_invitations import invite, text_of

OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in create_app().openapi()["paths"].items()
    for method, operation in methods.items()
]
# The slowest of them opens three connections a call.
WELL = ("GET", "/system/health")

HOSTILE = [
    *(b"", b" ", b"\0", b"%00", b"\xff\xfe", b"\xed\xa0\x80", b"\xf0\x9f\x8e\x89", b"null", b"true", b"[]", b"{}"),
    *(b"-1", b"0", b"1", b"1.0", b"1e9", b"nan", b"inf", b"-0", b"0x10", b"1_000", b"9" * 400, b"-" + b"9" * 400),
    *(str(2**31).encode(), str(2**63).encode(), str(-(2**63) - 1).encode(), "١٢".encode()),
    *(b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2026-05-01", b"0000-00-00", b"24:00"),
    *(b"' OR 1=1 --", b"\\", b"../../etc/passwd", b"<script>", b"%s%n", b"${jndi:x}", b"\r\nX: y", b"a" * 20_000),
]
HEADERS = [
    {},
    {"Content-Type": "application/json"},
    {"Content-Type": "application/json; charset=utf-16"},
    {"Content-Type": "multipart/form-data"},
    forms.HEADERS,
    {"Content-Type": "image/jpeg"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": ';;;=\\,"'},
    {"Content-Type": "application/" + "x" * 5_000},
    {"Content-Length": "-1", "Accept": "\\", "Range": "bytes=5-1"},
    {"X-Forwarded-For": "'", "Host": "evil.example", "Accept-Encoding": "zstd;q=9"},
]
NAMES = ["event_code", "new_event_code", "name", "description", "start_date_time", "end_date_time", "other"]


_numbers = itertools.count(1)


@pytest.fixture
def services(lasting_services: Services) -> Services:
    """One for all: whatever the others sent, each is answered as described."""
    return lasting_services


@pytest.fixture
def event(api: Api) -> str:
    """An event of the test's own: some delete it."""
    code = f"wedding-{next(_numbers)}"
    api.post("/events", json={"event_code": code}).raise_for_status()
    return code


@pytest.fixture
def known(api: Api, event: str) -> dict[str, list[bytes]]:
    """Values that are there, so that what is odd about a request is looked at in earnest."""
    image = UUID(api.post(f"/pics/{event}", content=photos.jpeg()).json()["uuid"])
    return {
        "event_code": [event.encode()],
        "uuid": [str(image).encode()],
        "cluster_id": [b"1"],
        "correction_id": [b"1"],
        "token_id": [str(image).encode()],
        "export_id": [str(image).encode()],
        "webhook_id": [str(image).encode()],
    }


def values(known: list[bytes]) -> st.SearchStrategy[bytes]:
    sane = st.sampled_from(known or [b"1", b"2026-05-01T00:00:00Z", b"encoded", b"cosine"])
    odd = st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=20), st.text().map(_encoded))
    return st.one_of(sane, sane, sane, odd)


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def bodies_of_events(code: str) -> st.SearchStrategy[bytes]:
    leaves = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(st.characters(exclude_categories=[])),
        st.sampled_from([code, "2026-05-01T00:00:00Z", "\ud800", "\0", "9" * 5_000, 10**400]),
    )
    nested = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3), max_leaves=5)
    objects = st.dictionaries(st.sampled_from(NAMES), st.one_of(leaves, nested), max_size=5)
    return st.one_of(
        objects.map(lambda body: _written({"event_code": code, **body})),
        objects.map(lambda body: _written({**body, "event_code": code})),
        nested.map(_written),
        st.sampled_from([b"", b"\xff", b"[" * 50_000]),
        st.binary(max_size=50),
    )


def bodies_of_photos() -> st.SearchStrategy[bytes]:
    bare = st.one_of(
        st.binary(max_size=50),
        st.integers(0, 2_000).map(lambda length: photos.jpeg(1)[:length]),
        st.integers(0, 2_000).map(lambda at: photos.png(1)[:at] + b"\0" + photos.png(1)[at + 1 :]),
    )
    field = st.sampled_from(["image_file", "image"])
    return st.one_of(
        bare,
        st.builds(forms.photo, bare, st.text(max_size=20), field),
        st.builds(
            lambda body, at: body[:at] + body[at + 1 :], st.builds(forms.photo, bare, st.just("a"), field), _at
        ),
    )


_at = st.integers(0, 200)


def _written(value: object) -> bytes:
    return json.dumps(value).encode()


def requests(path: str, operation: dict[str, Any], known: dict[str, list[bytes]]) -> Iterator[Any]:
    """Strategies for the path, the query, the headers and the body of one operation."""
    parameters = operation.get("parameters", [])
    in_path = [p["name"] for p in parameters if p["in"] == "path"]
    in_query = [p["name"] for p in parameters if p["in"] == "query"]
    yield st.fixed_dictionaries({name: values(known[name]) for name in in_path}).map(
        lambda given: path.format(**{name: quote_from_bytes(value, safe="") for name, value in given.items()})
    )
    pairs = [st.tuples(st.just(name), values(known.get(name, []))) for name in [*in_query, "unknown"]]
    yield st.lists(st.one_of(pairs), max_size=6)
    json_body = "application/json" in operation.get("requestBody", {}).get("content", {})
    fitting = st.just({"Content-Type": "application/json"} if json_body else forms.HEADERS)
    yield st.one_of(fitting, fitting, st.sampled_from(HEADERS))
    code = known["event_code"][0].decode()
    yield bodies_of_events(code) if json_body else bodies_of_photos()


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [pytest.param(*each, id=f"{each[0]} {each[1]}") for each in OPERATIONS if each[:2] != WELL],
)
def test_an_operation_answers_as_described_whatever_it_is_sent(
    api: Api, known: dict[str, list[bytes]], method: str, path: str, operation: dict[str, Any]
) -> None:
    described = {int(status) for status in operation["responses"]}
    in_query = [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"]
    # While access is open whoever shows nothing is the organiser, who is no guest.
    asked = operation["security"][0]["bearer"]
    guest = bearer(text_of(invite(api, known["event_code"][0].decode()))) if asked == [Scope.GUEST] else {}

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
    @given(*requests(path, operation, known))
    def check(url: str, query: list[tuple[str, bytes]], headers: dict[str, str], body: bytes) -> None:
        if "event_code" in in_query:
            query = [("event_code", known["event_code"][0]), *query]
        encoded = "&".join(f"{name}={quote_from_bytes(value, safe='')}" for name, value in query)
        response = api.request(method, f"{url}?{encoded}"[:60_000], headers={**headers, **guest}, content=body)
        # A path that its odd value made another's is answered by that one.
        assert response.status_code in described or response.status_code in (404, 405), response.text

    check()
