"""Triggers: what every function waits for is there in the templates, and makes its app grow.

That is its container or its queue, the queue of what failed, a rule by which the app that runs it grows, and that
one app, and only one, runs it.
"""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from checks import functions
from checks.functions import Function
from checks.templates import Template, read, walk

_STORAGE: Final = "infra/modules/storage.bicep"
_APPS: Final = "infra/release/apps.bicep"
_APP: Final = "infra/release/app.bicep"
_SUBSCRIPTION: Final = "infra/release/photos.bicep"
_SUFFIX: Final = "-poison"
_BLOB_POISON: Final = "webjobs-blobtrigger-poison"


def check(root: Path) -> list[str]:
    """What a function of the checkout `root` would miss in the cloud."""
    templates = {template.path.relative_to(root).as_posix(): template for template in read(root)[0]}
    missing = [path for path in (_STORAGE, _APPS, _APP, _SUBSCRIPTION) if path not in templates]
    if missing:
        return [f"{path} is not there, or no Bicep" for path in missing]
    declared = functions.read(root)
    containers, queues = (_variable(templates[_STORAGE], name) for name in ("containers", "queues"))
    findings = list(_storage(root, set(containers), set(queues)))
    findings += _cors(root, templates[_STORAGE])
    findings += _apps(root, declared, templates, set(queues))
    findings += _subscription(declared, templates[_SUBSCRIPTION])
    findings += _port(root, templates[_APP])
    return findings


def _variable(template: Template, name: str) -> list[Any]:
    value = template.parsed.get("variables", {}).get(name, {}).get("value")
    return value if isinstance(value, list) else []


def _storage(root: Path, containers: set[str], queues: set[str]) -> Iterator[str]:
    names = runpy.run_path(str(root / "kanta_core" / "storage" / "names.py"))
    for name in sorted(set(names["CONTAINERS"]) ^ containers):
        yield f"{_STORAGE} and kanta_core/storage/names.py disagree about the container {name}"
    for name in sorted(set(names["QUEUES"]) - queues):
        yield f"{_STORAGE} lacks the queue {name}"


def _cors(root: Path, storage: Template) -> Iterator[str]:
    """The rule of the template is the one that cors.py makes where it may."""
    source = (root / "kanta_core" / "storage" / "cors.py").read_text(encoding="utf-8")
    rules = [node for node in walk(storage.parsed) if "allowedOrigins" in node]
    if len(rules) != 1:
        yield f"{_STORAGE} has {len(rules)} CORS rules, and Kanta's pages need one"
        return
    constants = {"allowedMethods": "_METHODS", "allowedHeaders": "_HEADERS", "exposedHeaders": "_LETS_READ"}
    for key, constant in constants.items():
        found = re.search(rf"^{constant} = (\[.*\])$", source, re.MULTILINE)
        if found is None or json.loads(found[1]) != rules[0][key]:
            yield f"{_STORAGE} and kanta_core/storage/cors.py disagree about {key}"


def _apps(root: Path, declared: list[Function], templates: dict[str, Template], queues: set[str]) -> Iterator[str]:
    apps = templates[_APPS]
    kinds = sorted(apps.parsed["modules"].keys() - {"settings"})
    runs = {kind: _variable(apps, f"{kind}Functions") for kind in kinds}
    grows = {kind: _variable(apps, f"{kind}Queues") for kind in kinds}
    for kind in kinds:
        given = apps.modules[kind][1]
        own = (f"{kind}Functions", f"{kind}Queues" if grows[kind] else None)
        if (given.get("functions"), given.get("queues")) != own:
            yield f"{_APPS}: the app {kind} is not given its own functions and queues"
        for queue in grows[kind]:
            if queue not in queues:
                yield f"the app {kind} grows by {queue}, which {_STORAGE} does not make"
    yield from _rules(templates[_APP])
    for function in declared:
        running = [kind for kind in kinds if function.name in runs[kind]]
        if len(running) != 1:
            yield f"{function.name} runs in {' and '.join(running) or 'no app'}"
            continue
        yield from _function(root, function, running[0], set(grows[running[0]]), queues)
        if function.trigger in ("http", "blob") and "requests" not in apps.modules[running[0]][1]:
            yield f"no request wakes {running[0]}, and {function.name} waits for one"
    for name in sorted({name for names in runs.values() for name in names} - {each.name for each in declared}):
        yield f"{_APPS}: there is no function {name}"


def _function(root: Path, function: Function, kind: str, grows: set[str], queues: set[str]) -> Iterator[str]:
    waits_on = _waits_on(function, kind)
    for queue in waits_on:
        if queue not in queues:
            yield f"{function.name} needs the queue {queue}"
    if waits_on and waits_on[0] not in grows:
        yield f"nothing makes {kind} grow when {function.name} has much to do"
    if function.trigger == "timer":
        for path in sorted((root / "infra" / "sizes").glob("*.json")):
            if json.loads(path.read_text(encoding="utf-8"))[kind]["least"] < 1:
                yield f"sizes/{path.name}: the app {kind} may sleep, and {function.name} with it"


def _waits_on(function: Function, kind: str) -> list[str]:
    """The queue that says how much there is to do, and the one for what failed."""
    if function.trigger == "blob":
        # The host puts Event Grid's events on a queue of its own, which bears the id of the app's host.
        return [f"azure-webjobs-blobtrigger-kanta-{kind}", _BLOB_POISON]
    if function.trigger == "queue":
        return [function.watches, f"{function.watches.removesuffix(_SUFFIX)}{_SUFFIX}"]
    return []


def _rules(app: Template) -> Iterator[str]:
    """That an app's lists become rules at all."""
    config = app.resources["app"]["config"]
    if config.get("kind") != "functionapp":
        yield f"{_APP}: the app is no function app"
    kinds = [node for node in walk(app.parsed["variables"]) if "custom" in node or "http" in node]
    if not any(node.get("custom", {}).get("type") == "azure-queue" for node in kinds):
        yield f"{_APP} makes no rule of its queues"
    if not any("http" in node for node in kinds):
        yield f"{_APP} has no rule for requests"
    if "output rules array = concat(empty(requests) ? [] : httpRules, queueRules)" not in app.text:
        yield f"{_APP} does not hand out its rules"


def _subscription(declared: list[Function], subscription: Template) -> Iterator[str]:
    """Event Grid tells the function that there is of the container it watches."""
    for function in declared:
        if function.trigger == "blob":
            if f"functionName=Host.Functions.{function.name}&" not in subscription.text:
                yield f"{_SUBSCRIPTION} does not call {function.name}"
            if f"'/blobServices/default/containers/{function.watches}/blobs/'" not in subscription.text:
                yield f"{_SUBSCRIPTION} does not tell of the container {function.watches}"


def _port(root: Path, app: Template) -> Iterator[str]:
    """Requests come to the port on which the image listens."""
    listens = re.search(r"ASPNETCORE_URLS=http://\+:(\d+)", (root / "Dockerfile").read_text(encoding="utf-8"))
    port = app.parsed["variables"]["port"]["value"]
    if listens is None or int(listens[1]) != port:
        yield f"{_APP} sends requests to port {port}, where the image does not listen"
