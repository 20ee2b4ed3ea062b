"""Decorators become triggers with the settings filled in."""

from typing import Any

import pytest

from devhost import triggers
from devhost.preflight import StartupError
from devhost.triggers import BlobTrigger, QueueTrigger

SETTINGS = {"AzureWebJobsStorage": "main", "AzureWebJobsOther": "other", "QUEUE": "jobs", "EVERY": "0 * * * * *"}


def read(**binding: Any) -> triggers.Trigger:  # noqa: ANN401 - as in function.json
    return triggers.read([{"name": "f", "trigger": binding}], SETTINGS)[0]


def blob_trigger(path: str) -> BlobTrigger:
    trigger = read(type="blobTrigger", path=path, connection="AzureWebJobsStorage")
    assert isinstance(trigger, BlobTrigger)
    return trigger


@pytest.mark.parametrize(
    ("path", "taken", "left"),
    [
        ("photos/{name}", ["a", "a/b/c.jpg", "a\nb", "%41"], []),
        ("photos", ["a", "a/b"], []),
        ("photos/{event}/{name}", ["e/a", "e/sub/a"], ["a"]),
        ("photos/in-{name}.jpg", ["in-a.jpg", "in-a/b.jpg"], ["a.jpg", "in-a.png", "in-a.jpg.txt"]),
        ("photos/{{a}}-{name}", ["{a}-x"], ["a-x"]),
        ("photos/a.b", ["a.b"], ["axb"]),
    ],
)
def test_a_path_takes_names_greedily_and_whole(path: str, taken: list[str], left: list[str]) -> None:
    trigger = blob_trigger(path)
    assert trigger.container == "photos"
    assert [name for name in taken + left if trigger.names.fullmatch(name)] == taken


def test_settings_fill_in_percent_expressions_and_connections() -> None:
    trigger = read(type="queueTrigger", queueName="%QUEUE%-in", connection="Other")
    assert trigger == QueueTrigger("f", "other", "jobs-in")


def test_event_grid_is_told_from_a_scan() -> None:
    trigger = read(type="blobTrigger", path="photos/{n}", connection="AzureWebJobsStorage", source="EventGrid")
    assert isinstance(trigger, BlobTrigger)
    assert trigger.by_event_grid
    assert not blob_trigger("photos/{n}").by_event_grid


@pytest.mark.parametrize(
    ("binding", "reason"),
    [
        ({"type": "queueTrigger", "queueName": "%NOPE%", "connection": "Other"}, "NOPE is missing"),
        ({"type": "queueTrigger", "queueName": "q", "connection": "Nowhere"}, "Nowhere"),
        ({"type": "timerTrigger", "schedule": "often"}, "six"),
        ({"type": "blobTrigger", "path": "{container}/x", "connection": "Other"}, "no container"),
        ({"type": "serviceBusTrigger"}, "serviceBusTrigger"),
    ],
)
def test_what_can_not_run_is_named_at_the_start(binding: dict[str, str], reason: str) -> None:
    with pytest.raises(StartupError, match=f"function f: .*{reason}"):
        read(**binding)
