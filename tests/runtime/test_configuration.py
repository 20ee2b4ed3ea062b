"""What neither the runtime nor a type checker looks at: names, schedules, host.json and the settings sample."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices

from devhost.ncrontab import Schedule
from kanta_core.settings import Settings, TriggerSettings, load
from kanta_core.storage import names
from tests.python_path import CHECKOUT
from tests.runtime.host import Function, Host

Start = Callable[[Mapping[str, str]], Host]

# https://learn.microsoft.com/rest/api/storageservices/naming-queues-and-metadata, and the same for containers
AZURE_NAME = re.compile(r"(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*")
# Settings of the host and its worker rather than of Kanta.
HOSTS_OWN = {"FUNCTIONS_WORKER_RUNTIME", "PYTHON_THREADPOOL_THREAD_COUNT"}
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"
TRIGGERS = {
    "http": "httpTrigger",
    "encode_photo": "blobTrigger",
    "encode_queued": "queueTrigger",
    "take_in_drops": "queueTrigger",
    "photo_given_up": "queueTrigger",
    "queued_photo_given_up": "queueTrigger",
    "find_changed_events": "timerTrigger",
    "recluster_event": "queueTrigger",
    "write_export": "queueTrigger",
    "export_given_up": "queueTrigger",
    "find_notices": "timerTrigger",
    "deliver_webhook": "queueTrigger",
    "sweep_storage": "timerTrigger",
}


@pytest.fixture(scope="module")
def indexed(contract: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """function_app.py in the runtime, with nothing behind it: indexing needs no database and no storage."""
    log = tmp_path_factory.mktemp("indexed") / "worker.log"
    with Host(CHECKOUT, {}, contract, log) as host:
        yield host


@pytest.fixture(scope="module")
def functions(indexed: Host) -> list[Function]:
    return list(indexed.functions.values())


def of_type(functions: list[Function], kind: str) -> list[Mapping[str, Any]]:
    return [function.trigger for function in functions if function.trigger["type"] == kind]


def values_of(file: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((CHECKOUT / file).read_text(encoding="utf-8"))


def test_the_runtime_indexes_every_function_with_its_trigger(functions: list[Function]) -> None:
    assert {function.name: function.trigger["type"] for function in functions} == TRIGGERS


def test_indexing_imports_no_model_and_no_numbers(indexed: Host) -> None:
    heavy = {"dlib", "_dlib_pybind11", "face_recognition_models", "numpy", "scipy", "PIL", "pillow_heif"}

    assert "function_app" in indexed.imported
    assert indexed.imported & heavy == set()


def test_the_http_function_takes_every_path_at_the_root(functions: list[Function]) -> None:
    (trigger,) = of_type(functions, "httpTrigger")

    assert trigger["route"] == "/{*route}"
    assert trigger["authLevel"] == "ANONYMOUS"
    assert {"GET", "POST", "PUT", "DELETE"} <= set(trigger["methods"])
    assert values_of("host.json")["extensions"]["http"]["routePrefix"] == ""


def test_a_blob_is_bound_by_name_and_not_by_its_bytes(functions: list[Function]) -> None:
    (trigger,) = of_type(functions, "blobTrigger")

    # One greedy parameter: the whole name, sub-folders and all.
    assert re.fullmatch(rf"{names.PHOTOS}/\{{\w+\}}", trigger["path"])
    assert trigger["properties"]["SupportsDeferredBinding"] is True


@pytest.mark.parametrize(("setting", "source"), [("scan", "LogsAndContainerScan"), ("event-grid", "EventGrid")])
def test_where_blob_events_come_from_is_a_setting(start_kanta: Start, setting: str, source: str) -> None:
    kanta = start_kanta({"KANTA_BLOB_SOURCE": setting})

    assert kanta.functions["encode_photo"].trigger["source"] == source


def test_schedules_are_settings(start_kanta: Start) -> None:
    kanta = start_kanta({"KANTA_RECLUSTER_SCHEDULE": "1 2 3 * * *", "KANTA_SWEEP_SCHEDULE": "4 5 6 * * *"})

    assert kanta.functions["find_changed_events"].trigger["schedule"] == "1 2 3 * * *"
    assert kanta.functions["sweep_storage"].trigger["schedule"] == "4 5 6 * * *"


def test_every_schedule_has_six_fields_and_fires(functions: list[Function]) -> None:
    schedules = [str(trigger["schedule"]) for trigger in of_type(functions, "timerTrigger")]

    assert len(schedules) == 3
    for schedule in schedules:
        assert len(schedule.split()) == 6, schedule
        Schedule.parse(schedule)


def test_no_timer_fires_on_start(functions: list[Function]) -> None:
    # In Azure that is every time an instance is added.
    assert not any(trigger.get("runOnStartup") for trigger in of_type(functions, "timerTrigger"))


def test_every_queue_and_container_has_a_name_azure_takes(functions: list[Function]) -> None:
    queues = {str(trigger["queueName"]) for trigger in of_type(functions, "queueTrigger")}

    for name in {*queues, *names.QUEUES, *names.CONTAINERS}:
        assert AZURE_NAME.fullmatch(name), name


def test_every_queue_that_triggers_is_one_that_kanta_creates(functions: list[Function]) -> None:
    queues = {str(trigger["queueName"]) for trigger in of_type(functions, "queueTrigger")}

    assert queues == set(names.QUEUES)


def test_every_poison_queue_is_one_the_host_fills(functions: list[Function]) -> None:
    queues = {str(trigger["queueName"]) for trigger in of_type(functions, "queueTrigger")}
    poison = {queue for queue in queues if queue.endswith("-poison")}
    filled = {f"{queue}-poison" for queue in queues - poison} | {BLOB_POISON_QUEUE}

    assert poison <= filled
    assert names.BLOB_POISON_QUEUE == BLOB_POISON_QUEUE
    assert BLOB_POISON_QUEUE in poison


def test_every_trigger_uses_the_storage_that_the_sample_names(functions: list[Function]) -> None:
    connections = {function.trigger["connection"] for function in functions if "connection" in function.trigger}

    assert connections == {"AzureWebJobsStorage"}
    assert connections <= values_of("local.settings.sample.json")["Values"].keys()


def test_the_host_tries_five_times_and_reads_base64() -> None:
    extensions = values_of("host.json")["extensions"]

    assert extensions["queues"]["messageEncoding"] == "base64"
    assert extensions["queues"].get("maxDequeueCount", 5) == 5
    assert extensions["blobs"].get("poisonBlobThreshold", 5) == 5


def environment_names(field: str) -> set[str]:
    """The names under which the environment may hold a field of Settings."""
    alias = Settings.model_fields[field].validation_alias
    if isinstance(alias, AliasChoices):
        return {str(choice) for choice in alias.choices}
    return {f"KANTA_{field.upper()}"}


def test_every_value_of_the_sample_is_a_setting_somebody_reads() -> None:
    sample = values_of("local.settings.sample.json")["Values"]
    known = {name for field in Settings.model_fields for name in environment_names(field)}

    assert sample.keys() - known - HOSTS_OWN == set()


def test_kanta_starts_with_the_sample_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = values_of("local.settings.sample.json")
    for name in list(os.environ):
        if name.startswith(("KANTA_", "POSTGRES_", "AZURE_STORAGE_", "AzureWebJobs")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    Path("local.settings.json").write_text(json.dumps(sample), encoding="utf-8")

    settings = load(Settings)

    assert settings.database_url == sample["Values"]["KANTA_DATABASE_URL"]
    assert settings.storage_connection.get_secret_value() == sample["Values"]["AzureWebJobsStorage"]
    read = settings.model_dump(mode="json")
    for name, value in sample["Values"].items():
        fields = [field for field in Settings.model_fields if name in environment_names(field)]
        # An empty value is one that is left out.
        if fields and value and name.startswith("KANTA_") and name != "KANTA_DATABASE_URL":
            assert str(read[fields[0]]) == value, name


def test_every_schedule_of_settings_and_sample_is_one_the_host_takes() -> None:
    defaults = TriggerSettings.model_fields
    sample = values_of("local.settings.sample.json")["Values"]
    schedules = [info.default for field, info in defaults.items() if field.endswith("_schedule")]
    schedules += [value for name, value in sample.items() if name.endswith("_SCHEDULE")]

    assert len(schedules) >= 2
    for schedule in schedules:
        assert len(schedule.split()) == 6, schedule
        Schedule.parse(schedule)


def test_the_sample_holds_no_secret() -> None:
    sample = values_of("local.settings.sample.json")

    assert sample["IsEncrypted"] is False
    assert sample["Values"]["AzureWebJobsStorage"] == "UseDevelopmentStorage=true"
