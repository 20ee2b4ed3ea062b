"""What is told of a photo that does not go the usual way, and of queues, some of which do not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from azure.storage.queue import QueueClient

from kanta_core import telemetry
from kanta_core.errors import StorageUnavailable
from kanta_core.pipeline import health
from kanta_core.pipeline.photos import encode as encoding
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.upload import upload
from kanta_core.pipeline.sweep import sweep
from kanta_core.services import Services
from kanta_core.settings import TelemetrySettings
from kanta_core.storage import names
from kanta_core.storage.queues import Queues, Waiting
from tests.pipeline.scripted import SECONDS, photo
from tests.pipeline.stories import png
from tests.pipeline.world import World
from tests.telemetry.collector import Collector, collecting


@pytest.fixture
def collector() -> Iterator[Collector]:
    """Telemetry goes there for the length of a test."""
    with collecting() as its:
        telemetry.set_up(TelemetrySettings(otlp_endpoint=its.url))
        try:
            yield its
        finally:
            telemetry.shut_down()


def lengths(collector: Collector) -> dict[str, float]:
    """By queue."""
    return {dict(labels)["queue"]: value for labels, value in collector.metrics["kanta.queue.length"].items()}


def test_a_photo_that_can_not_be_read_is_told_of_and_says_why(
    world: World, wedding: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.drop("wedding/a.jpg", photo("anna"))
    sweep(world.services)

    def down(*_: object, **__: object) -> None:
        raise StorageUnavailable("The storage answered 503.")

    with monkeypatch.context() as storage:
        storage.setattr(world.services.blobs, "read", down)
        with pytest.raises(StorageUnavailable):
            encode(world.services, "wedding/a.jpg")
    assert world.query("SELECT last_error FROM images") == [("The storage answered 503.",)]
    assert telemetry.flush()
    encoded, read = collector.one("encode"), collector.one("read")
    assert encoded.failed
    assert (read.trace, read.parent) == (encoded.trace, encoded.id)
    assert collector.metrics["kanta.stage.duration"] == {frozenset({("stage", "read")}): 1}

    encode(world.services, "wedding/a.jpg")
    assert world.query("SELECT last_error FROM images") == [(None,)]


@pytest.mark.parametrize(("young", "goes_on"), [(timedelta(hours=1), True), (timedelta(hours=-1), False)])
def test_a_photo_goes_on_with_the_trace_of_its_upload_as_long_as_it_is_young(
    world: World,
    wedding: str,
    collector: Collector,
    monkeypatch: pytest.MonkeyPatch,
    young: timedelta,
    *,
    goes_on: bool,
) -> None:
    monkeypatch.setattr(encoding, "_YOUNG", young)
    image = upload(world.services, wedding, png(), file_name=None).image
    encode(world.services, image.blob_name)
    assert telemetry.flush()
    uploaded, encoded = collector.one("upload"), collector.one("encode")
    assert (encoded.trace == uploaded.trace) is goes_on
    assert encoded.parent == (uploaded.id if goes_on else "")
    assert encoded.links == (() if goes_on else ((uploaded.trace, uploaded.id),))


def test_the_queue_that_event_grid_fills_is_measured_once_it_is_there(
    world: World, wedding: str, storage_connection: str, collector: Collector
) -> None:
    sweep(world.services)
    assert telemetry.flush()
    assert lengths(collector)[names.BLOB_TRIGGER_QUEUE] == 0
    with QueueClient.from_connection_string(storage_connection, names.BLOB_TRIGGER_QUEUE) as queue:
        queue.create_queue()
        queue.send_message("a photo")
        sweep(world.services)
        queue.delete_queue()
    assert telemetry.flush()
    assert lengths(collector)[names.BLOB_TRIGGER_QUEUE] == 1


def test_a_queue_that_does_not_answer_keeps_no_other_from_being_measured_and_fails_no_sweep(
    world: World, wedding: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Queues.look

    def some(queues: Queues, queue: str) -> Waiting:
        if queue == names.ENCODE_QUEUE:
            raise StorageUnavailable
        return look(queues, queue)

    monkeypatch.setattr(Queues, "look", some)
    sweep(world.services)
    assert telemetry.flush()
    every = {*names.QUEUES, *names.LEFT_QUEUES, names.BLOB_TRIGGER_QUEUE}
    assert lengths(collector).keys() == every - {names.ENCODE_QUEUE}


def test_whether_the_models_are_loaded_is_told_while_a_photo_is_encoded(world: World) -> None:
    with ThreadPoolExecutor(1) as asker, world.services.turn():
        asker.submit(world.services.load_models).result(SECONDS)


@pytest.mark.parametrize(
    ("ask", "part"), [(health.check, "check"), (health.check_deeply, "try_out")], ids=["briefly", "deeply"]
)
def test_what_a_check_of_the_health_logs_names_the_request(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    ask: Callable[[Services], object],
    part: str,
) -> None:
    telemetry.set_up(TelemetrySettings())
    warn = partial(logging.getLogger("kanta_core.storage").warning, "the storage says no")
    monkeypatch.setattr(world.services.blobs, part, warn)
    with telemetry.about(request="a-request"):
        ask(world.services)
    (record,) = [record for record in caplog.records if record.name == "kanta_core.storage"]
    assert record.getMessage() == "the storage says no request=a-request"
