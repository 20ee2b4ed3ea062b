"""A setting that is missing in one place, or that nobody reads, is found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from checks import settings

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]
SAMPLE, APPS, DOCS = "local.settings.sample.json", "infra/release/settings.bicep", "docs/settings.md"
MORE = "\n    something_new: int = 3\n    # Which engine"


@pytest.fixture
def checkout(copied: Copied) -> Path:
    core = ("__init__.py", "errors.py", "settings")
    return copied(SAMPLE, "infra", DOCS, *(f"kanta_core/{name}" for name in core))


def test_every_setting_is_everywhere() -> None:
    assert settings.check(ROOT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "findings"),
    [
        (SAMPLE, '"KANTA_ENGINE"', '"KANTA_ENGIN"', ("lacks KANTA_ENGINE", "nobody reads KANTA_ENGIN")),
        (SAMPLE, '"FUNCTIONS_WORKER_RUNTIME"', '"POSTGRES_HOST"', ("lacks FUNCTIONS_WORKER_RUNTIME",)),
        (SAMPLE, '"KANTA_ENGINE"', '"AZURE_CLIENT_ID"', ("has AZURE_CLIENT_ID, though it is left out",)),
        (APPS, "'POSTGRES_SSLMODE'", "'POSTGRES_SSL'", ("lacks POSTGRES_SSLMODE", "nobody reads POSTGRES_SSL")),
        (APPS, "'POSTGRES_DB'", "'POSTGRES_PASSWORD'", ("has POSTGRES_PASSWORD, though it is left out",)),
        (APPS, "'OPENBLAS_NUM_THREADS'", "'ASPNETCORE_URLS'", ("lacks OPENBLAS_NUM_THREADS", "is not for there")),
        (
            "infra/release/app.bicep",
            "AzureWebJobs.${function}",
            "AzureWebJob.${function}",
            ("AzureWebJobs.<function>.Disabled",),
        ),
        (DOCS, "| `KANTA_ACCESS`", "| `KANTA_ACCES`", ("docs/settings.md lacks KANTA_ACCESS", "KANTA_ACCES")),
        ("kanta_core/settings/__init__.py", "\n    # Which engine", MORE, ("lacks KANTA_SOMETHING_NEW",)),
    ],
)
def test_a_setting_that_is_not_everywhere_is_found(
    checkout: Path, file: str, old: str, new: str, findings: tuple[str, ...]
) -> None:
    path = checkout / file
    text = path.read_text(encoding="utf-8")
    assert old in text

    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    found = settings.check(checkout)
    for part in findings:
        assert [line for line in found if part in line], found
