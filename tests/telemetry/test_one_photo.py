"""One photo through the real functions: one trace, counters that are right, and nothing told that is nobody's."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kanta_core import telemetry
from kanta_core.services import Services
from kanta_core.storage import names
from kanta_core.telemetry.names import METRICS
from tests.telemetry.collector import Collector, Told, collecting
from tests.telemetry.functions import CALLER, TRACE, Functions, running

CODE, NAME, FILE = "annas-wedding-4711", "Anna & Bert", "anna-in-the-garden.jpg"
SERVER, CONSUMER = 2, 5
STAGES = ("read", "decode", "detect", "embed", "store")
# Every attribute that a span may have.
KNOWN = {
    *(f"kanta.{name}" for name in ("event", "image", "bytes", "new", "request", "invocation", "refused")),
    *(f"kanta.{name}" for name in ("faces", "people", "changed")),
    *(f"http.{name}" for name in ("request.method", "response.status_code", "route")),
}


@dataclass
class Story:
    """What was done, and what was told of it."""

    collector: Collector
    services: Services
    event: str
    image: str
    lines: list[logging.LogRecord]
    recluster: dict[str, str]

    @property
    def text(self) -> str:
        # The dev host and the client tell paths, which a host and a client may.
        said = [record for record in self.lines if not record.name.startswith(("devhost", "httpx"))]
        return "\n".join(logging.Formatter().format(record) for record in said)


class _Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record)


@pytest.fixture(scope="module")
def story(lasting_services: Services, sample_photos: Path) -> Iterator[Story]:
    """A photo of one person, uploaded; dropped once more; a broken one; one that could not be encoded."""
    services, handler = lasting_services, _Lines()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        with (
            collecting() as collector,
            running(services, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_SERVICE_NAME="told") as app,
        ):
            yield _told(app, collector, sample_photos / "obama.jpg", handler)
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _told(app: Functions, collector: Collector, photo: Path, handler: _Lines) -> Story:
    data = photo.read_bytes()
    created = app.ask("POST", "/events", json={"event_code": CODE, "name": NAME})
    assert created.status_code == 201, created.text
    first = app.ask("POST", f"/pics/{CODE}", files={"image_file": (FILE, data)})
    assert first.status_code == 202, first.text
    (blob,) = [blob.name for page in app.services.blobs.pages() for blob in page]
    app.blob(blob)
    app.timer("find_changed_events")
    recluster = app.queue("recluster_event", names.RECLUSTER_QUEUE)

    for name, content in (("copy", data), ("broken", data[: len(data) // 2])):
        app.services.blobs.write(names.PHOTOS, f"{CODE}/{name}.jpg", content, content_type="image/jpeg")
        app.blob(f"{CODE}/{name}.jpg")
    stuck = app.ask("POST", f"/pics/{CODE}", content=photo.with_name("biden.jpg").read_bytes())
    poison = {"ContainerName": "photos", "BlobName": f"{CODE}/{stuck.json()['uuid']}.jpg"}
    assert app.ask("GET", f"/pics/{first.json()['uuid']}").json()["image"]["status"] == "encoded"
    assert app.ask("GET", "/pics", params={"event_code": "nobodys"}).status_code == 404
    app.timer("sweep_storage")
    app.message("photo_given_up", poison)
    assert telemetry.flush()
    event = created.json()["id"]
    return Story(collector, app.services, event, first.json()["uuid"], handler.lines, dict(recluster))


def test_an_upload_its_encoding_and_the_people_made_of_it_are_one_trace(story: Story) -> None:
    uploads = story.collector.named("POST /pics/{event_code}")
    upload = min(story.collector.named("upload"), key=lambda span: span.start)
    (request,) = [span for span in uploads if span.id == upload.parent]
    encode = next(span for span in story.collector.named("encode") if span.parent == upload.id)
    recluster = story.collector.one("recluster")
    inside = [span for span in story.collector.spans if span.parent == encode.id]

    assert {span.trace for span in (request, upload, encode, recluster, *inside)} == {TRACE}
    # Between the caller's span and ours is the host's.
    assert request.parent not in {CALLER, ""}
    assert sorted(span.name for span in inside) == sorted([*STAGES, "recluster"])
    assert (request.kind, encode.kind, recluster.kind) == (SERVER, CONSUMER, CONSUMER)
    assert story.recluster == {"event_id": story.event, "traceparent": f"00-{TRACE}-{encode.id}-01"}
    assert {span.service for span in story.collector.spans} == {"told"}


def test_stages_lie_inside_encoding_one_after_another(story: Story) -> None:
    encode = next(span for span in story.collector.named("encode") if span.trace == TRACE)
    inside = {span.name: span for span in story.collector.spans if span.parent == encode.id}
    stages = [inside[name] for name in STAGES]
    moments = [moment for span in stages for moment in (span.start, span.end)]
    assert moments == sorted(moments)
    assert encode.start <= moments[0]
    assert moments[-1] <= encode.end


def test_spans_name_event_and_image_and_tell_how_it_went(story: Story) -> None:
    encode = next(span for span in story.collector.named("encode") if span.trace == TRACE)
    upload = next(
        span for span in story.collector.named("upload") if span.attributes["kanta.image"] == story.image
    )
    for span in (encode, upload):
        assert (span.attributes["kanta.event"], span.attributes["kanta.image"]) == (story.event, story.image)
    recluster = story.collector.one("recluster")
    assert recluster.attributes == {
        "kanta.event": story.event,
        "kanta.faces": 1,
        "kanta.people": 1,
        "kanta.changed": 1,
    }
    request = next(span for span in story.collector.named("POST /pics/{event_code}") if span.id == upload.parent)
    assert request.attributes["http.response.status_code"] == 202
    assert not any(span.failed for span in story.collector.spans)


def test_what_the_host_says_of_an_invocation_is_linked(story: Story) -> None:
    for span in story.collector.named("encode"):
        (link,) = span.links or [("", "")]
        if span.trace == TRACE:
            assert link[0] not in {TRACE, ""}


def test_a_drop_begins_with_the_hosts_trace(story: Story) -> None:
    drops = [span for span in story.collector.named("encode") if span.trace != TRACE]
    assert len({span.trace for span in drops}) == len(drops) == 2
    assert all(span.parent for span in drops)


def _counted(story: Story, metric: str) -> dict[str, float]:
    """By the values that tell them apart."""
    points = story.collector.metrics[metric].items()
    return {" ".join(value for _, value in sorted(labels, reverse=True)): count for labels, count in points}


def test_counters_are_what_happened(story: Story) -> None:
    assert _counted(story, "kanta.images") == {
        "encoded": 1,
        "duplicate": 1,
        "rejected image-broken": 1,
        "failed other": 1,
    }
    assert _counted(story, "kanta.faces") == {"": 1}
    assert _counted(story, "kanta.people.changed") == {"": 1}
    assert _counted(story, "kanta.poison") == {names.BLOB_POISON_QUEUE: 1}
    # The broken one was read and begun; its duplicate's bytes were read.
    assert _counted(story, "kanta.stage.duration") == {
        "read": 3,
        "decode": 2,
        "detect": 1,
        "embed": 1,
        "store": 1,
        "recluster": 1,
    }


def test_the_sweep_tells_how_long_photos_and_messages_have_been_waiting(story: Story) -> None:
    pending = _counted(story, "kanta.pending.age")[""]
    assert 0 < pending < 120
    lengths, ages = _counted(story, "kanta.queue.length"), _counted(story, "kanta.queue.age")
    assert lengths.keys() == ages.keys() == {*names.QUEUES, *names.LEFT_QUEUES, names.BLOB_TRIGGER_QUEUE}
    assert lengths[names.RECLUSTER_QUEUE] == 0
    assert set(story.collector.metrics) == set(METRICS)


def test_spans_have_no_attribute_but_those_that_were_thought_about(story: Story) -> None:
    assert {name for span in story.collector.spans for name in span.attributes} <= KNOWN


def test_nothing_told_is_a_name_a_secret_a_link_or_a_face(story: Story) -> None:
    settings = story.services.settings
    assert settings.storage_connection is not None
    key = dict(part.split("=", 1) for part in settings.storage_connection.get_secret_value().split(";") if part)
    with story.services.database.transaction() as connection:
        rows = connection.execute("SELECT embedding::text FROM faces").fetchall()
    numbers = [number for (vector,) in rows for number in re.findall(r"-?0\.\d{4,}", vector)]
    assert len(numbers) > 100
    private = [CODE, NAME, FILE, "anna", key["AccountKey"], "sig=", *numbers]
    for told in (story.collector.text, story.text):
        assert [each for each in private if each in told] == []


def test_metrics_have_no_ids(story: Story) -> None:
    points = [labels for points in story.collector.metrics.values() for labels in points]
    told = {value for labels in points for _, value in labels}
    assert {name for labels in points for name, _ in labels} == {"state", "reason", "stage", "queue"}
    assert story.event not in told
    assert story.image not in told


def test_every_line_of_ours_tells_its_invocation_and_what_it_is_about(story: Story) -> None:
    ours = [record for record in story.lines if record.name.startswith("kanta_core.")]
    assert ours
    assert all(" invocation=" in record.getMessage() for record in ours)
    (regrouped,) = [record for record in ours if record.name.endswith("recluster")]
    span = story.collector.one("recluster")
    assert regrouped.getMessage().endswith(f"event={story.event} trace={TRACE} span={span.id}")
    (refused,) = [record for record in ours if "event-not-found" in record.getMessage()]
    assert " request=" in refused.getMessage()


def _of(span: Told) -> str:
    return f"{span.trace}-{span.id}"


def test_every_parent_of_ours_is_there(story: Story) -> None:
    known = {_of(span) for span in story.collector.spans}
    roots = [span for span in story.collector.spans if f"{span.trace}-{span.parent}" not in known]
    assert {span.name.split()[0] for span in roots} <= {"POST", "GET", "encode"}
