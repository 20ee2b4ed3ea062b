"""The OpenAPI document and the pages that show it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from kanta_core.api.app import create_app

# What each answers, beside the refusals of whoever may not ask.
OPERATIONS = {
    "get /system/health": {200, 503},
    "get /system/drops": {200, 422, 503},
    "post /events": {201, 409, 422, 503},
    "get /events": {200, 404, 422, 503},
    "put /events": {200, 404, 409, 422, 503},
    "delete /events": {204, 404, 422, 503},
    "put /events/image/{event_code}": {200, 404, 413, 415, 422, 503},
    "post /pics/{event_code}": {200, 202, 404, 413, 415, 422, 503},
    "get /pics": {200, 404, 422, 503},
    "get /pics/{uuid}": {200, 404, 422, 503},
    "post /pics/{event_code}/{uuid}/retry": {202, 404, 409, 422, 503},
    "delete /pics/{event_code}/{uuid}": {204, 404, 422, 503},
    "get /clusters": {200, 307, 404, 422, 503},
    "get /people/{event_code}/{cluster_id}": {200, 404, 422, 503},
    "post /corrections/{event_code}": {201, 404, 409, 422, 503},
    "get /corrections/{event_code}": {200, 404, 422, 503},
    "delete /corrections/{event_code}/{correction_id}": {200, 404, 422, 503},
    "post /corrections/{event_code}/{correction_id}/redo": {200, 404, 422, 503},
    "post /find-similar": {200, 404, 413, 415, 422, 429, 503},
    "post /find-people": {200, 404, 413, 415, 422, 429, 503},
    "post /tokens/{event_code}": {201, 404, 422, 503},
    "get /tokens/{event_code}": {200, 404, 422, 503},
    "delete /tokens/{event_code}/{token_id}": {204, 404, 422, 503},
    "post /exports/{event_code}": {202, 404, 422, 503},
    "get /exports/{event_code}": {200, 404, 422, 503},
    "get /exports/{event_code}/{export_id}": {200, 404, 422, 503},
    "post /webhooks/{event_code}": {201, 404, 409, 422, 503},
    "get /webhooks/{event_code}": {200, 404, 422, 503},
    "delete /webhooks/{event_code}/{webhook_id}": {204, 404, 422, 503},
    "post /invitations/{event_code}": {201, 404, 422, 503},
    "delete /invitations/{event_code}": {204, 404, 422, 503},
    "post /guest-links": {201, 404, 413, 415, 422, 429, 503},
    "get /me": {200, 422, 503},
    "get /me/pics": {200, 422, 503},
    "get /me/pics/{uuid}/photo": {200, 404, 415, 422, 503},
    "post /me/erasure": {200, 404, 422, 503},
    "post /me/exports": {202, 404, 422, 503},
    "get /me/exports/{export_id}": {200, 404, 422, 503},
    "get /audit/{event_code}": {200, 404, 422, 503},
    "post /pics/{event_code}/deletions": {200, 404, 422, 503},
    "post /pics/{event_code}/retries": {200, 404, 422, 503},
    "post /upload-tickets/{event_code}": {201, 404, 413, 422, 503},
}
PUBLIC = "get /system/health"


@pytest.fixture(scope="module")
def api() -> TestClient:
    """The API over no services: what it says of itself needs none."""
    return TestClient(create_app())


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def references(node: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    if isinstance(node, dict):
        yield from (value for key, value in node.items() if key == "$ref")
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_operation_of_the_contract_is_described_with_every_answer_it_gives(api: TestClient) -> None:
    described = dict(operations(api.get("/openapi.json").json()))
    # More may come; none may go.
    assert described.keys() >= OPERATIONS.keys()
    for name, statuses in OPERATIONS.items():
        refusals = set() if name == PUBLIC else {401, 403}
        assert {int(status) for status in described[name]["responses"]} == statuses | refusals, name


def test_every_error_is_described_as_a_problem_document_with_its_types(api: TestClient) -> None:
    for name, operation in operations(api.get("/openapi.json").json()):
        for status, response in operation["responses"].items():
            if int(status) < 400:
                continue
            (content,) = response["content"].items()
            assert content[0] == "application/problem+json", (name, status)
            assert content[1]["schema"] == {"$ref": "#/components/schemas/Problem"}, (name, status)
            assert ("Retry-After" in response.get("headers", {})) == (status in ("429", "503")), (name, status)
            for slug, example in content[1]["examples"].items():
                assert example["value"]["type"] == f"urn:kanta:problem:{slug}"
                assert example["value"]["status"] == int(status)


def test_every_reference_leads_somewhere_also_when_asked_twice(api: TestClient) -> None:
    document = api.get("/openapi.json").json()
    assert api.get("/openapi.json").json() == document
    for reference in set(references(document)):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_a_photo_is_described_as_a_form_and_as_a_bare_body(api: TestClient) -> None:
    described = dict(operations(api.get("/openapi.json").json()))
    for name, field in [
        ("post /pics/{event_code}", "image_file"),
        ("put /events/image/{event_code}", "image_file"),
        ("post /find-similar", "image"),
        ("post /find-people", "image"),
    ]:
        content = described[name]["requestBody"]["content"]
        assert content["multipart/form-data"]["schema"]["required"] == [field]
        assert "image/*" in content


class _Loaded(HTMLParser):
    """What a page makes a browser load."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.urls: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.urls += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_pages_load_everything_from_here(api: TestClient) -> None:
    for path in ("/docs", "/redoc"):
        page = api.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert not re.findall(r"https?://", page.text)
        assets = _Loaded(page.text).urls
        assert assets
        for url in assets:
            assert url.startswith("/"), url
            assert api.get(url).status_code == 200, url
        assert "/openapi.json" in page.text
