"""Alerts and workbook ask for what the code tells, and all that it tells is shown."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from checks.templates import read
from kanta_core.telemetry import names
from kanta_core.telemetry.metrics import count_image
from tests.telemetry.functions import ROOT

WORKBOOK, ALERTS = "infra/workbook.json", "infra/modules/alerts.bicep"
_TOLD = re.compile(r'"(kanta\.[a-z.]+)"')
_LABELS = re.compile(r'Properties\["(\w+)"\]')
_SPANS = re.compile(r"where Name in \(([^)]+)\)")


def queries() -> list[str]:
    """Every question that the workbook and the alerts ask."""
    workbook = json.loads((ROOT / WORKBOOK).read_text(encoding="utf-8"))
    asked = [item["content"]["query"] for item in workbook["items"] if "query" in item["content"]]
    templates, _ = read(ROOT)
    (alerts,) = [template for template in templates if template.path == ROOT / ALERTS]
    return [*asked, *re.findall(r"query: '(.+)'", alerts.text)]


def noted() -> Iterator[str]:
    """Every attribute that the code gives a span, as `kanta.<name>`."""
    for path in (ROOT / "kanta_core").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from (f"{names.OURS}{keyword.arg}" for keyword in node.keywords if keyword.arg)
            elif isinstance(node, ast.Dict):
                keys = [
                    key.value for key in node.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
                ]
                yield from (f"{names.OURS}{key}" for key in keys)


def spans() -> set[str]:
    return {str(name) for each in get_args(names.SpanName) for name in (get_args(each) or (each,))} - {"request"}


def test_whatever_is_asked_for_is_told_by_the_code() -> None:
    known = {*names.METRICS, *noted(), f"{names.OURS}error"}
    asked = [name for query in queries() for name in _TOLD.findall(query)]
    assert len(asked) > 15
    assert [name for name in asked if name not in known] == []


def test_every_metric_is_shown() -> None:
    shown = {name for query in queries() for name in _TOLD.findall(query)}
    assert set(names.METRICS) <= shown


def test_every_span_is_shown_and_no_other() -> None:
    lists = [found for query in queries() for found in _SPANS.findall(query) if "kanta." not in found]
    assert {name for each in lists for name in re.findall(r'"(\w+)"', each)} == spans()


def test_metrics_are_told_apart_by_what_they_carry() -> None:
    labels = {label for query in queries() for label in _LABELS.findall(query)}
    assert labels == {"state", "reason", "stage", "queue"}
    assert {"state", "reason"} == set(count_image.__annotations__) - {"return"}


def test_the_times_that_alerts_and_the_sweep_keep_fit_each_other() -> None:
    settings = (ROOT / "infra/release/settings.bicep").read_text(encoding="utf-8")
    assert "{ name: 'KANTA_SWEEP_SCHEDULE', value: '0 */5 * * * *' }" in settings, (
        "it is measured every five minutes"
    )
    alerts = (ROOT / ALERTS).read_text(encoding="utf-8")
    assert {int(minutes) for minutes in re.findall(r"within: 'PT(\d+)M'", alerts)} == {15, 30}


def test_a_drain_is_shorter_than_the_cloud_waits() -> None:
    app = (ROOT / "infra/release/app.bicep").read_text(encoding="utf-8")
    (patience,) = re.findall(r"terminationGracePeriodSeconds: (\d+)", app)
    source = Path(ROOT / "kanta_core/drain.py").read_text(encoding="utf-8")
    (grace,) = re.findall(r"^_GRACE = ([\d.]+)$", source, re.MULTILINE)
    assert float(grace) < int(patience)
