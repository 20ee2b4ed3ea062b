"""The API over this test's own database and storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from kanta_core import services as root
from kanta_core.api.app import create_app
from kanta_core.services import Services


@pytest.fixture
def api(services: Services) -> Iterator[TestClient]:
    app = create_app()
    app.dependency_overrides[root.services] = lambda: services
    with TestClient(app, follow_redirects=False) as client:
        yield client


@pytest.fixture
def event(api: TestClient) -> str:
    """The code of an event with nothing in it."""
    api.post("/events", json={"event_code": "wedding"}).raise_for_status()
    return "wedding"
