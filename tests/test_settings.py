"""Settings: what is missing, absurd or dangerous stops the start, in one line that tells no secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from kanta_core import services as root
from kanta_core.api.app import create_app
from kanta_core.errors import SettingsError
from kanta_core.settings import Settings, TriggerSettings, load
from tests.api.operations import GUARDED, NOTHING

KEY = "organiser-" + "Kk7." * 8
AZURE = {
    "WEBSITE_SITE_NAME": "kanta",
    "WEBSITE_INSTANCE_ID": "0a1b2c",
    "WEBSITE_POD_NAME": "pod",
    "LEGION_SERVICE_HOST": "10.0.0.1",
    "CONTAINER_APP_NAME": "kanta",
    "CONTAINER_APP_REVISION": "kanta--1",
    "MANAGED_ENVIRONMENT": "true",
}


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings but where the database and the storage are."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("KANTA_", "POSTGRES_", "AZURE_STORAGE_", "AzureWebJobs")) or name in AZURE:
            monkeypatch.delenv(name)
    monkeypatch.setenv("KANTA_DATABASE_URL", "postgresql://kanta:hunter2hunter2@127.0.0.1:1/kanta")
    monkeypatch.setenv("AzureWebJobsStorage", "UseDevelopmentStorage=true")


def refused(*words: str) -> str:
    """What stops the start: one line that holds these words."""
    with pytest.raises(SettingsError) as stopped:
        load(Settings)
    said = stopped.value.message
    assert "\n" not in said
    for word in words:
        assert word in said
    return said


def test_kanta_is_closed_and_wants_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    refused("KANTA_ORGANISER_KEY", "32")
    monkeypatch.setenv("KANTA_ORGANISER_KEY", "")
    refused("KANTA_ORGANISER_KEY", "32")
    monkeypatch.setenv("KANTA_ORGANISER_KEY", KEY)
    settings = load(Settings)
    assert settings.access == "closed"
    assert settings.organiser_key is not None
    assert settings.organiser_key.get_secret_value() == KEY


@pytest.mark.parametrize("key", ["short", "k" * 31, KEY + "\n", KEY + " ", KEY + "é", KEY + "\t"])
def test_a_key_that_is_too_short_or_no_header_can_carry_is_refused_and_not_told(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KANTA_ORGANISER_KEY", key)
    assert key.strip() not in refused("KANTA_ORGANISER_KEY", "32")


def test_a_laptop_may_be_open_as_core_tools_and_the_dev_host_run_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ACCESS", "open")
    monkeypatch.setenv("WEBSITE_HOSTNAME", "localhost:7071")
    monkeypatch.setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Development")
    assert load(Settings).access == "open"


def test_a_key_that_would_guard_nothing_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ACCESS", "open")
    monkeypatch.setenv("KANTA_ORGANISER_KEY", KEY)
    assert KEY not in refused("KANTA_ORGANISER_KEY", "KANTA_ACCESS=closed")


def test_access_is_one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("Open", "true", "none", "opened"):
        monkeypatch.setenv("KANTA_ACCESS", value)
        refused("KANTA_ACCESS", "closed")


@pytest.mark.parametrize("name", AZURE)
def test_an_open_kanta_does_not_start_in_azure(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, AZURE[name])
    monkeypatch.setenv("KANTA_ACCESS", "open")
    refused(name, "KANTA_ACCESS=closed", "KANTA_ORGANISER_KEY")
    monkeypatch.setenv("KANTA_ACCESS", "closed")
    monkeypatch.setenv("KANTA_ORGANISER_KEY", KEY)
    assert load(Settings).access == "closed"


def test_functions_are_indexed_whatever_is_wrong_with_access(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ACCESS", "perhaps")
    monkeypatch.setenv("KANTA_ORGANISER_KEY", "short")
    assert load(TriggerSettings).blob_source == "scan"


def test_settings_that_are_no_good_answer_nothing_and_health_says_why(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(root, "_services", None)
    monkeypatch.setenv("CONTAINER_APP_NAME", "kanta")
    monkeypatch.setenv("KANTA_ACCESS", "open")
    with TestClient(create_app()) as api:
        health = api.get("/system/health")
        assert health.status_code == 503
        assert health.json()["type"] == "urn:kanta:problem:unavailable"
        assert "KANTA_ACCESS=open is for a laptop" in health.json()["parts"]["settings"]
        for operation in GUARDED:
            answer = api.request(operation.method, operation.path.format(**NOTHING))
            assert answer.status_code == 500, operation.name
            assert answer.json()["type"] == "urn:kanta:problem:internal-error"
    assert "KANTA_ACCESS=open is for a laptop" in caplog.text
    assert "hunter2" not in caplog.text + health.text


def test_no_secret_is_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ORGANISER_KEY", KEY)
    settings = load(Settings)
    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"
    assert KEY not in shown
    assert "hunter2" not in shown


def test_origins_are_listed_with_commas_and_are_origins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ORGANISER_KEY", KEY)
    assert load(Settings).cors_origins == ()
    monkeypatch.setenv("KANTA_CORS_ORIGINS", "https://Photos.example, http://localhost:5173/")
    assert load(Settings).cors_origins == ("https://photos.example", "http://localhost:5173")
    Path("local.settings.json").write_text('{"Values": {"KANTA_CORS_ORIGINS": "*"}}', encoding="utf-8")
    monkeypatch.delenv("KANTA_CORS_ORIGINS")
    assert load(Settings).cors_origins == ("*",)
    for odd in (
        "photos.example",
        "https://photos.example/join",
        "https://*.example",
        "*,",
        "null",
        "ftp://a.example",
    ):
        monkeypatch.setenv("KANTA_CORS_ORIGINS", odd)
        refused("KANTA_CORS_ORIGINS", "origin")


def test_where_guests_find_kanta_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_ACCESS", "open")
    for wrong in (
        "photos.example",
        "ftp://photos.example",
        "https://",
        "https://a/?b",
        "https://a/#b",
        "http://[",
        "https://photos.example:0",
        "https://photos.example:99999",
    ):
        monkeypatch.setenv("KANTA_PUBLIC_URL", wrong)
        refused("KANTA_PUBLIC_URL")
    monkeypatch.setenv("KANTA_PUBLIC_URL", "https://photos.example/kanta/")
    assert load(Settings).public_url == "https://photos.example/kanta"
