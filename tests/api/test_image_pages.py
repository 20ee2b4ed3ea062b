"""The pages of GET /pics: each leads to the next, whatever comes and goes meanwhile, and says how many fit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from kanta_core.settings import Settings
from tests.api.client import Api, problem

# Photos of a few moments, so that there are ties, some without a camera's time.
FILL = """
    INSERT INTO images (event_id, blob_name, name, created_at, taken_at)
    SELECT id, 'wedding/' || n || '.jpg', 'photo ' || n, timestamptz '2026-05-01' + (n / 4) * interval '1 s',
           CASE WHEN n %% 3 > 0 THEN timestamp '2026-04-30' - (n / 5) * interval '1.000001 s' END
      FROM events, generate_series(%(first)s::integer, %(last)s::integer) n
"""


def fill(settings: Settings, first: int, last: int) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(FILL, {"first": first, "last": last})


@pytest.fixture
def filled(event: str, settings: Settings) -> str:
    fill(settings, 1, 23)
    return event


def pages(api: Api, url: str) -> Iterator[list[dict[str, Any]]]:
    """Every page from this one on, as their links lead."""
    following: str | None = url
    while following is not None:
        page = api.get(following)
        assert page.status_code == 200, page.text
        yield page.json()
        link = re.fullmatch(r'<(/pics\?[^>]+)>; rel="next"', page.headers.get("link", ""))
        assert (link is not None) == ("link" in page.headers)
        following = link and link[1]


def test_pages_that_lead_to_each_other_are_the_list(api: Api, filled: str) -> None:
    for sort, limit in itertools.product(("created", "taken"), (1, 4, 22, 23, 200)):
        listed = api.get("/pics", params={"event_code": filled, "limit": 200, "sort": sort}).json()
        assert len(listed) == 23
        found = list(pages(api, f"/pics?event_code={filled}&limit={limit}&sort={sort}"))
        assert [row for page in found for row in page] == listed, (sort, limit)
        assert [len(page) for page in found[:-1]] == [limit] * (len(found) - 1)
        assert found[-1]


@pytest.mark.parametrize("sort", ["created", "taken"])
def test_what_comes_and_goes_meanwhile_shifts_no_page(
    api: Api, filled: str, settings: Settings, sort: str
) -> None:
    before = [row["uuid"] for row in api.get("/pics", params={"event_code": filled, "sort": sort}).json()]
    seen: list[str] = []
    for number, page in enumerate(pages(api, f"/pics?event_code={filled}&limit=5&sort={sort}")):
        seen += [row["uuid"] for row in page]
        # Among those that were shown already, the last one itself too.
        with psycopg.connect(settings.database_url) as connection:
            connection.execute("DELETE FROM images WHERE id = ANY(%s::uuid[])", [[seen[-1], seen[0]]])
            connection.execute(
                """INSERT INTO images (event_id, blob_name, name, created_at, taken_at)
                   SELECT id, 'wedding/early ' || %s, 'early', '2020-01-01', '2020-01-01' FROM events""",
                [number],
            )
    assert [uuid for uuid in seen if uuid in before] == before
    assert len(seen) == len(set(seen))


def test_a_link_keeps_the_filters_and_an_offset_goes_into_it(api: Api, filled: str) -> None:
    query = f"/pics?event_code={filled.upper()}&status=pending&status=failed&date_from=2026-05-01&limit=2&offset=3"
    first, second, *_ = pages(api, query)
    plain = api.get("/pics", params={"event_code": filled}).json()
    assert first + second == plain[3:7]
    link = api.get(query).headers["link"]
    assert "offset=" not in link
    assert "status=pending&status=failed&date_from=2026-05-01&limit=2&cursor=" in link


def test_the_total_counts_what_fits_the_filters_on_all_pages(api: Api, filled: str) -> None:
    def total(**query: object) -> int:
        answer = api.get("/pics", params={"event_code": filled, **query})  # type: ignore[dict-item]  # as strings
        return int(answer.headers["x-total-count"])

    assert total() == total(limit=1) == total(limit=2, offset=20) == total(offset=1000) == 23
    assert total(status="encoded") == 0
    assert total(date_to="2026-05-01T00:00:01Z") == 7
    following = api.get("/pics", params={"event_code": filled, "limit": 20}).headers["link"].split(">")[0][1:]
    last = api.get(following)
    assert (len(last.json()), last.headers["x-total-count"], "link" in last.headers) == (3, "23", False)


def test_what_is_no_cursor_is_refused(api: Api, filled: str) -> None:
    link = api.get("/pics", params={"event_code": filled, "limit": 1}).headers["link"]
    cursor = re.search(r"cursor=([^&>]+)", link)
    assert cursor is not None
    for odd in (
        "",
        "x",
        "AAAA",
        cursor[1][:-4],
        cursor[1] + "AAAA",
        "=" * 32,
        "\0",
        "é" * 32,
        "9" * 5_000,
    ):
        for sort in ("created", "taken"):
            refused = api.get("/pics", params={"event_code": filled, "cursor": odd, "sort": sort})
            problem(refused, 422, "invalid-request")
    refused = api.get(f"/pics?event_code={filled}&cursor={cursor[1]}&sort=taken")
    problem(refused, 422, "invalid-request")
    problem(api.get(f"/pics?event_code={filled}&cursor={cursor[1]}&offset=1"), 422, "invalid-request")
