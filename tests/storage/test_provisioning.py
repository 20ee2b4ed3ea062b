"""`python -m kanta_core.storage` prepares an account, and does no harm to one that is prepared."""

from __future__ import annotations

import pytest

from kanta_core.storage.__main__ import main


def test_containers_and_queues_are_made_once(storage_connection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", storage_connection)
    monkeypatch.setenv("KANTA_ACCESS", "open")
    assert main() == 0
    assert main() == 0
