"""Settings: each is known to the code or the host, set or left out on purpose where Kanta runs, and documented.

The places are `Settings` itself, local.settings.sample.json, the apps' environment in infra/release and
docs/settings.md.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from checks.templates import read, walk

_SAMPLE: Final = "local.settings.sample.json"
_DOCS: Final = "docs/settings.md"
_APPS: Final = "infra/release"

_ASKED: Final = """
import json
from pydantic import AliasChoices
from kanta_core.settings import Settings
names = []
for field, info in Settings.model_fields.items():
    alias = info.validation_alias
    choices = [str(choice) for choice in alias.choices] if isinstance(alias, AliasChoices) else []
    names.append(choices or ["KANTA_" + field.upper()])
print(json.dumps(names))
"""
_SECONDS: Final = 60.0

_INHERITED: Final = "its default holds; extraSettings of release/apps.bicep changes it"
_OPENS: Final = "opens something without an identity, and there is to be no such thing in the cloud"
_CLOUD: Final = "a laptop has a connection string, beside which the host would see two ways to the storage"
# What is not somewhere, and why.
_NOT_IN_APPS: Final = {
    "AzureWebJobsStorage": _OPENS,
    "KANTA_DATABASE_URL": _OPENS,
    "POSTGRES_PASSWORD": _OPENS,
    "OTEL_EXPORTER_OTLP_ENDPOINT": "Azure Monitor is told; whoever has a collector names it in extraSettings",
    "KANTA_WEBHOOK_ADDRESSES": "stays public: whoever asks for a webhook is not to reach the network Kanta is in",
    **dict.fromkeys(
        (
            "KANTA_ENGINE",
            "KANTA_MAX_UPLOAD_BYTES",
            "KANTA_MAX_PIXELS",
            "KANTA_MAX_NAME_LENGTH",
            "KANTA_MAX_DESCRIPTION_LENGTH",
            "KANTA_BLOB_URL_MINUTES",
            "KANTA_UPLOAD_TICKET_MINUTES",
            "KANTA_SEARCHES_AT_ONCE",
            "KANTA_SEARCHES_PER_HOUR",
            "KANTA_SEARCH_MEMORY_BYTES",
            "KANTA_SWEEP_GRACE_SECONDS",
            "KANTA_OVERDUE_SECONDS",
            "KANTA_EXPORT_PART_SECONDS",
        ),
        _INHERITED,
    ),
}
_NOT_IN_SAMPLE: Final = {
    "AzureWebJobsStorage__blobServiceUri": _CLOUD,
    "AzureWebJobsStorage__queueServiceUri": _CLOUD,
    "AzureWebJobsStorage__credential": _CLOUD,
    "AzureWebJobsStorage__clientId": _CLOUD,
    "AZURE_CLIENT_ID": "on a laptop whoever ran az login signs in",
    "APPLICATIONINSIGHTS_CONNECTION_STRING": "the host reads it as well, and takes an empty one for one",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "read by every OpenTelemetry library; to some an empty one is not left out",
    "OTEL_SERVICE_NAME": "the same",
}
# What the Functions host, its worker and the image read, and where each has to stand.
_HOSTS: Final = {
    "FUNCTIONS_WORKER_RUNTIME": {_SAMPLE, _APPS, _DOCS},
    "PYTHON_THREADPOOL_THREAD_COUNT": {_SAMPLE, _APPS, _DOCS},
    "FUNCTIONS_WORKER_PROCESS_COUNT": {_APPS, _DOCS},
    "AzureWebJobs.<function>.Disabled": {_APPS, _DOCS},
    "AzureFunctionsWebHost__hostid": {_APPS, _DOCS},
    "AzureWebJobsSecretStorageType": {_APPS, _DOCS},
    "AzureWebJobsSecretStorageKeyVaultUri": {_APPS, _DOCS},
    "AzureWebJobsSecretStorageKeyVaultClientId": {_APPS, _DOCS},
    "OPENBLAS_NUM_THREADS": {_APPS, _DOCS},
    "ASPNETCORE_URLS": {_DOCS},
    "AzureWebJobsScriptRoot": {_DOCS},
    "AzureFunctionsJobHost__Logging__Console__IsEnabled": {_DOCS},
}
_DISABLED: Final = re.compile(r"AzureWebJobs([._]).+\1Disabled")
_SPOKEN: Final = re.compile(r"`([A-Za-z][\w.<>]*)`")


def check(root: Path) -> list[str]:
    """Where the settings of the checkout `root` are not the same everywhere."""
    fields = _fields(root)
    places = {
        _SAMPLE: set(json.loads((root / _SAMPLE).read_text(encoding="utf-8"))["Values"]),
        _APPS: _in_apps(root),
        _DOCS: _in_docs(root),
    }
    known = {name for names in fields for name in names} | set(_HOSTS)
    findings = [
        f"{place}: nobody reads {name}" for place, names in places.items() for name in sorted(names - known)
    ]
    for place, left_out in ((_SAMPLE, _NOT_IN_SAMPLE), (_APPS, _NOT_IN_APPS), (_DOCS, {})):
        findings += _missing(place, places[place], left_out, fields)
    for name, where in _HOSTS.items():
        findings += [
            f"{place} lacks {name}, which the host reads" for place in sorted(where) if name not in places[place]
        ]
        findings += [
            f"{place}: {name} is not for there" for place in places if name in places[place] and place not in where
        ]
    return findings


def _missing(place: str, there: set[str], left_out: dict[str, str], fields: list[list[str]]) -> Iterator[str]:
    for names in fields:
        excepted = [name for name in names if name in left_out]
        present = [name for name in names if name in there]
        if not present and not excepted:
            yield f"{place} lacks {' or '.join(names)}"
        for name in set(excepted) & set(present):
            yield f"{place} has {name}, though it is left out there: {left_out[name]}"
    for name in sorted(set(left_out) - {name for names in fields for name in names}):
        yield f"{name} is left out of {place}, and is no setting"


def _fields(root: Path) -> list[list[str]]:
    """The names under which each field of Settings is read, in the checkout `root` and not in this one."""
    done = subprocess.run(  # noqa: S603 - this Python, our own lines
        [sys.executable, "-c", _ASKED], cwd=root, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise RuntimeError(f"the settings can't be read: {done.stderr[-2000:]}")
    fields: list[list[str]] = json.loads(done.stdout)
    return fields


def _in_apps(root: Path) -> set[str]:
    templates, _ = read(root)
    names = {
        str(node["name"])
        for template in templates
        if template.path.parent == root / _APPS
        for node in walk(template.parsed)
        if set(node) in ({"name", "value"}, {"name", "secretRef"})
    }
    # The functions' own, and the name of an entry of extraSettings.
    return {_DISABLED.sub("AzureWebJobs.<function>.Disabled", name) for name in names if "operator" not in name}


def _in_docs(root: Path) -> set[str]:
    """What stands in the first column of the page's tables."""
    lines = (root / _DOCS).read_text(encoding="utf-8").splitlines()
    return {name for line in lines if line.startswith("|") for name in _SPOKEN.findall(line.split("|")[1])}
