"""A function that would wait in the cloud for what is not there, or alone, is found."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from checks import functions, triggers

ROOT = Path(__file__).parents[2]
Copied = Callable[..., Path]
STORAGE, APPS, APP = "infra/modules/storage.bicep", "infra/release/apps.bicep", "infra/release/app.bicep"
# In a process of its own: whoever imports the functions drains on SIGTERM from then on.
INDEX = "from function_app import app; print(*[function.get_function_name() for function in app.get_functions()])"
NEW = '''

@app.function_name("something_new")
@app.queue_trigger("message", names.ENCODE_QUEUE, STORAGE)
def something_new(message: func.QueueMessage) -> None:
    """New."""


@app.function_name("sweep_storage")'''


@pytest.fixture
def checkout(copied: Copied) -> Path:
    return copied(
        "infra", "Dockerfile", "function_app.py", "kanta_core/storage/names.py", "kanta_core/storage/cors.py"
    )


def test_every_trigger_has_what_it_waits_for() -> None:
    assert triggers.check(ROOT) == []


def test_the_functions_that_are_read_are_those_that_are_indexed() -> None:
    index = [sys.executable, "-c", INDEX]
    told = subprocess.run(index, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)

    assert {function.name for function in functions.read(ROOT)} == set(told.stdout.split())


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        (STORAGE, "  'pictures'\n", "", "disagree about the container pictures"),
        (STORAGE, "  'kanta-export'\n", "", "lacks the queue kanta-export"),
        (STORAGE, "  'kanta-webhook-poison'\n", "", "deliver_webhook needs the queue kanta-webhook-poison"),
        (
            STORAGE,
            "  'azure-webjobs-blobtrigger-kanta-encode'\n",
            "",
            "encode_photo needs the queue azure-webjobs",
        ),
        (STORAGE, "['PUT']", "['PUT', 'DELETE']", "disagree about allowedMethods"),
        (APPS, "  'kanta-recluster'\n", "", "nothing makes recluster grow when recluster_event has much to do"),
        (APPS, "  'azure-webjobs-blobtrigger-kanta-encode'\n", "", "nothing makes encode grow when encode_photo"),
        (APPS, "  'find_notices'\n", "", "find_notices runs in no app"),
        (APPS, "['http']", "['http', 'encode_queued']", "encode_queued runs in encode and http"),
        (APPS, "  'find_notices'\n", "  'find_notices'\n  'find_me'\n", "there is no function find_me"),
        (APPS, "queues: reclusterQueues", "queues: encodeQueues", "recluster is not given its own"),
        (APP, "'azure-queue'", "'cron'", "makes no rule of its queues"),
        (APP, "httpRules, queueRules)", "httpRules)", "does not hand out its rules"),
        (
            APPS,
            "    requests: its.http.perReplica\n    external",
            "    external",
            "no request wakes http, and http waits for one",
        ),
        (
            APPS,
            "itself.\n    requests: its.http.perReplica\n",
            "",
            "no request wakes encode, and encode_photo waits for one",
        ),
        (APP, "kind: 'functionapp'", "kind: 'workflowapp'", "the app is no function app"),
        (
            "infra/sizes/small.json",
            '"least": 1, "most": 2',
            '"least": 0, "most": 2',
            "may sleep, and sweep_storage",
        ),
        ("infra/release/photos.bicep", "Functions.encode_photo", "Functions.encode", "does not call encode_photo"),
        (
            "infra/release/photos.bicep",
            "containers/photos/",
            "containers/pics/",
            "does not tell of the container photos",
        ),
        ("Dockerfile", "http://+:8080", "http://+:8081", "where the image does not listen"),
        ("function_app.py", '\n\n@app.function_name("sweep_storage")', NEW, "something_new runs in no app"),
        ("kanta_core/storage/names.py", '"kanta-take-in"', '"kanta-taken-in"', "lacks the queue kanta-taken-in"),
    ],
)
def test_what_a_trigger_would_miss_is_found(checkout: Path, file: str, old: str, new: str, finding: str) -> None:
    path = checkout / file
    text = path.read_text(encoding="utf-8")
    assert old in text

    path.write_text(text.replace(old, new, 1), encoding="utf-8")

    found = triggers.check(checkout)
    assert [line for line in found if finding in line], found
