"""The client every test of the API speaks through: it holds every answer to what all answers promise."""

from __future__ import annotations

from json import dumps
from typing import Any
from uuid import UUID

import httpx2
from starlette.testclient import TestClient

from kanta_core.services import Services

_NEVER = ("Traceback", 'File "', "SELECT ", "INSERT ", "UPDATE ", "DELETE FROM", "psycopg", "site-packages")


def secrets_of(services: Services) -> set[str]:
    """What no answer and no log record may hold."""
    connection = dict(
        part.split("=", 1) for part in services.settings.storage_connection.get_secret_value().split(";") if part
    )
    password = httpx2.URL(services.settings.database_url).password
    key = services.settings.organiser_key
    secrets = {connection["AccountKey"], password or "", key.get_secret_value() if key else ""}
    return secrets - {""}


class Api(TestClient):
    """A TestClient that fails a test on any answer that breaks a promise made for all of them."""

    def __init__(self, app: Any, services: Services) -> None:  # noqa: ANN401 - an ASGI application
        super().__init__(app, follow_redirects=False)
        self._secrets = secrets_of(services)

    def request(self, method: str, url: Any, *, json: Any = None, **options: Any) -> httpx2.Response:  # noqa: ANN401 - passed on
        if json is not None:
            # As most clients write it: what is no ASCII, lone surrogates too, as escapes.
            options["content"] = dumps(json)
            options["headers"] = {"Content-Type": "application/json", **(options.get("headers") or {})}
        return super().request(method, url, **options)

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:  # noqa: ANN401 - passed on
        response = super().send(request, **options)
        said = f"{request.method} {request.url} → {response.status_code} {response.text[:500]}"
        assert response.status_code != 500, said
        request_id = UUID(response.headers["x-request-id"])
        assert not [secret for secret in self._secrets if secret in response.text], said
        if response.status_code >= 400:
            assert response.headers["content-type"] == "application/problem+json", said
            document = response.json()
            assert document["status"] == response.status_code, said
            assert document["type"].startswith("urn:kanta:problem:"), said
            assert document["instance"] == request_id.urn, said
            assert ("retry-after" in response.headers) == (response.status_code in (429, 503)), said
            assert document["title"], said
            assert isinstance(document["detail"], str), said
            assert document["detail"], said
            assert not [word for word in (*_NEVER, "sig=") if word in response.text], said
        return response


def told(response: httpx2.Response) -> tuple[int, str, list[tuple[str, str]]]:
    """All that an answer tells, but which request it answers."""
    request_id = response.headers["x-request-id"]
    headers = [(name, value) for name, value in response.headers.multi_items() if value != request_id]
    return response.status_code, response.text.replace(request_id, "its id"), sorted(headers)


def problem(response: httpx2.Response, status: int, slug: str) -> dict[str, Any]:
    """The answer's problem document, which is of this status and type."""
    document: dict[str, Any] = response.json()
    assert (response.status_code, document["type"]) == (status, f"urn:kanta:problem:{slug}"), document
    return document
