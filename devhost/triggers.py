"""The triggers of an app as the host acts on them, read from the function.json form of its decorators."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from devhost.ncrontab import Schedule
from devhost.preflight import StartupError

_SETTING = re.compile(r"%([^%]+)%")
_PARAMETER = re.compile(r"\{\{|\}\}|\{[^{}]*\}")


@dataclass(frozen=True)
class HttpTrigger:
    """One function's route; `methods` in upper case, empty for every method."""

    function: str
    route: str
    methods: frozenset[str]


@dataclass(frozen=True)
class BlobTrigger:
    """One function over the blobs of a container whose names match `names`, all of them, whole."""

    function: str
    setting: str
    connection: str
    container: str
    names: re.Pattern[str]
    by_event_grid: bool


@dataclass(frozen=True)
class QueueTrigger:
    """One function over the messages of a queue."""

    function: str
    connection: str
    queue: str


@dataclass(frozen=True)
class TimerTrigger:
    """One function over the ticks of a schedule."""

    function: str
    schedule: Schedule
    run_on_startup: bool


Trigger = HttpTrigger | BlobTrigger | QueueTrigger | TimerTrigger


def read(index: Iterable[Mapping[str, Any]], settings: Mapping[str, str]) -> list[Trigger]:
    """Each function's trigger, from `{"name": …, "trigger": …}`. Raises StartupError, naming the function."""
    triggers = []
    for entry in index:
        try:
            triggers.append(_trigger(str(entry["name"]), entry["trigger"], settings))
        except ValueError as error:
            raise StartupError(
                f"function {entry['name']}: {error}; correct its decorator or the setting"
            ) from error
    return triggers


def _trigger(function: str, binding: Mapping[str, Any], settings: Mapping[str, str]) -> Trigger:
    match binding["type"]:
        case "httpTrigger":
            methods = frozenset(str(method).upper() for method in binding.get("methods") or ())
            return HttpTrigger(function, str(binding["route"]), methods)
        case "blobTrigger":
            return _blob_trigger(function, binding, settings)
        case "queueTrigger":
            queue = _resolve(binding["queueName"], settings).lower()
            return QueueTrigger(function, _connection(binding, settings)[1], queue)
        case "timerTrigger":
            schedule = Schedule.parse(_resolve(binding["schedule"], settings))
            return TimerTrigger(function, schedule, bool(binding.get("runOnStartup")))
        case other:
            raise ValueError(f"the dev host runs no {other}")


def _blob_trigger(function: str, binding: Mapping[str, Any], settings: Mapping[str, str]) -> BlobTrigger:
    container, _, name = _resolve(binding["path"], settings).partition("/")
    if not re.fullmatch(r"[a-z0-9$-]+", container):
        raise ValueError(f"{container!r} is no container")
    setting, connection = _connection(binding, settings)
    by_event_grid = str(binding.get("source") or "").lower() == "eventgrid"
    return BlobTrigger(function, setting, connection, container, _name_pattern(name), by_event_grid)


def _name_pattern(template: str) -> re.Pattern[str]:
    """The host's path patterns: a parameter takes as much as it can, slashes included; {{ is a brace."""
    if not template:
        return re.compile(".*", re.DOTALL)
    pattern, end = "", 0
    for token in _PARAMETER.finditer(template):
        literal = {"{{": "{", "}}": "}"}.get(token[0])
        pattern += re.escape(template[end : token.start()]) + (re.escape(literal) if literal else "(?:.*)")
        end = token.end()
    return re.compile(pattern + re.escape(template[end:]), re.DOTALL)


def _connection(binding: Mapping[str, Any], settings: Mapping[str, str]) -> tuple[str, str]:
    setting = _resolve(binding.get("connection") or "AzureWebJobsStorage", settings)
    connection = settings.get(setting) or settings.get(f"AzureWebJobs{setting}")
    if not connection:
        raise ValueError(f"the setting {setting} (its storage) is missing")
    return setting, connection


def _resolve(text: str, settings: Mapping[str, str]) -> str:
    """`text` with its %SETTING% expressions replaced."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in settings:
            raise ValueError(f"the setting {match[1]} is missing")
        return settings[match[1]]

    return _SETTING.sub(value, text)
