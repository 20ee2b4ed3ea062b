"""A setting that is missing in one place, or that nobody reads, is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import settings

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]
SAMPLE, DOCS = "local.settings.sample.json", "docs/settings.md"
APPS, APP = "infra/release/settings.bicep", "infra/release/app.bicep"
MORE = "\n    something_new: int = 3\n    # Which engine"


@pytest.fixture
def checkout(copied: Copied) -> Path:
    core = ("__init__.py", "errors.py", "settings")
    return copied(SAMPLE, "infra", DOCS, *(f"kanta_core/{name}" for name in core))


def test_every_setting_is_everywhere() -> None:
    assert settings.check(ROOT) == []


# Reading the settings takes half a second, so all that can be broken is broken at once.
BROKEN = (
    (SAMPLE, '"KANTA_ENGINE"', '"KANTA_ENGIN"', f"{SAMPLE} lacks KANTA_ENGINE"),
    (SAMPLE, "", "", f"{SAMPLE}: nobody reads KANTA_ENGIN"),
    (
        SAMPLE,
        '"FUNCTIONS_WORKER_RUNTIME"',
        '"POSTGRES_HOST"',
        f"{SAMPLE} lacks FUNCTIONS_WORKER_RUNTIME, which the host",
    ),
    (
        SAMPLE,
        '"KANTA_MAX_PIXELS"',
        '"AZURE_CLIENT_ID"',
        f"{SAMPLE} has AZURE_CLIENT_ID, though it is left out there",
    ),
    (APPS, "'POSTGRES_SSLMODE'", "'POSTGRES_SSL'", "infra/release lacks POSTGRES_SSLMODE"),
    (APPS, "", "", "infra/release: nobody reads POSTGRES_SSL"),
    (
        APPS,
        "'POSTGRES_DB'",
        "'POSTGRES_PASSWORD'",
        "infra/release has POSTGRES_PASSWORD, though it is left out there",
    ),
    (
        APPS,
        "'OPENBLAS_NUM_THREADS'",
        "'ASPNETCORE_URLS'",
        "infra/release lacks OPENBLAS_NUM_THREADS, which the host reads",
    ),
    (APPS, "", "", "infra/release: ASPNETCORE_URLS is not for there"),
    (
        APP,
        "AzureWebJobs.${function}",
        "AzureWebJob.${function}",
        "infra/release: nobody reads AzureWebJob.",
    ),
    (DOCS, "| `KANTA_ACCESS`", "| `KANTA_ACCES`", f"{DOCS} lacks KANTA_ACCESS"),
    (DOCS, "", "", f"{DOCS}: nobody reads KANTA_ACCES"),
    ("kanta_core/settings/__init__.py", "\n    # Which engine", MORE, f"{SAMPLE} lacks KANTA_SOMETHING_NEW"),
    ("kanta_core/settings/__init__.py", "", "", "infra/release lacks KANTA_SOMETHING_NEW"),
    ("kanta_core/settings/__init__.py", "", "", f"{DOCS} lacks KANTA_SOMETHING_NEW"),
)


def test_a_setting_that_is_not_everywhere_or_that_nobody_reads_is_found(checkout: Path) -> None:
    for file, old, new, _ in BROKEN:
        text = (checkout / file).read_text(encoding="utf-8")
        assert old in text, (file, old)
        (checkout / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    found = settings.check(checkout)

    for *_, finding in BROKEN:
        assert [line for line in found if line.startswith(finding)], (finding, found)
