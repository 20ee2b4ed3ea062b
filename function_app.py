"""Kanta's triggers: each binds one event of the Functions host to one verb of kanta_core, and nothing else.

Importing this file indexes the functions. It loads no model, no numpy and no connection: those come with the
first photo, face or query.
"""

from __future__ import annotations

import atexit
import logging
import uuid

import azure.functions as func
from azurefunctions.extensions.bindings.blob import BlobClient

from kanta_core import drain, telemetry
from kanta_core.api.app import create_app
from kanta_core.pipeline.exports.requests import give_up_export
from kanta_core.pipeline.exports.write import write_export
from kanta_core.pipeline.gather import queue_waiting
from kanta_core.pipeline.people.recluster import recluster, request_reclusters
from kanta_core.pipeline.photos.encode import encode
from kanta_core.pipeline.photos.retry import give_up
from kanta_core.pipeline.sweep import sweep
from kanta_core.pipeline.webhooks import deliver, request_deliveries
from kanta_core.services import close_services, services
from kanta_core.settings import TelemetrySettings, TriggerSettings, load
from kanta_core.storage import names

# They tell of every request, with URLs that carry signatures.
for chatty in ("azure", "urllib3"):
    logging.getLogger(chatty).setLevel(logging.WARNING)

telemetry.set_up(load(TelemetrySettings))
atexit.register(telemetry.shut_down)
atexit.register(close_services)
drain.on_sigterm(telemetry.flush)

settings = load(TriggerSettings)
STORAGE = "AzureWebJobsStorage"
BLOB_SOURCES = {"scan": func.BlobSource.LOGS_AND_CONTAINER_SCAN, "event-grid": func.BlobSource.EVENT_GRID}

app = func.AsgiFunctionApp(create_app(), http_auth_level=func.AuthLevel.ANONYMOUS, function_name="http")


@app.function_name("encode_photo")
@app.blob_trigger("blob", f"{names.PHOTOS}/{{name}}", STORAGE, source=BLOB_SOURCES[settings.blob_source])
def encode_photo(blob: BlobClient, context: func.Context) -> None:
    """A photo arrived. Only its name is bound: the bytes would cross the host three times over."""
    with telemetry.invoked(context):
        encode(services(), blob.blob_name)


@app.function_name("encode_queued")
@app.queue_trigger("message", names.ENCODE_QUEUE, STORAGE)
def encode_queued(message: func.QueueMessage, context: func.Context) -> None:
    """A photo that no blob trigger brings: a retry, a missed blob, a drop taken in."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        encode(services(), body["blob_name"])


@app.function_name("take_in_drops")
@app.queue_trigger("message", names.TAKE_IN_QUEUE, STORAGE)
def take_in_drops(message: func.QueueMessage, context: func.Context) -> None:
    """An event has taken in drops that waited for it."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        queue_waiting(services(), uuid.UUID(body["event_id"]))


@app.function_name("photo_given_up")
@app.queue_trigger("message", names.BLOB_POISON_QUEUE, STORAGE)
def photo_given_up(message: func.QueueMessage, context: func.Context) -> None:
    """The host gave up on a blob after its tries."""
    poisoned = message.get_json()
    with telemetry.invoked(context):
        if poisoned["ContainerName"] == names.PHOTOS:
            give_up(services(), poisoned["BlobName"], etag=poisoned.get("ETag"))
        telemetry.count_poison(names.BLOB_POISON_QUEUE)


@app.function_name("queued_photo_given_up")
@app.queue_trigger("message", names.ENCODE_POISON_QUEUE, STORAGE)
def queued_photo_given_up(message: func.QueueMessage, context: func.Context) -> None:
    """The host gave up on a message of the encode queue after its tries."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        give_up(services(), body["blob_name"])
        telemetry.count_poison(names.ENCODE_POISON_QUEUE)


@app.function_name("find_changed_events")
@app.timer_trigger("timer", settings.recluster_schedule)
def find_changed_events(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the binding's name
    """Time to look for events whose faces changed."""
    with telemetry.invoked(context):
        request_reclusters(services())


@app.function_name("recluster_event")
@app.queue_trigger("message", names.RECLUSTER_QUEUE, STORAGE)
def recluster_event(message: func.QueueMessage, context: func.Context) -> None:
    """An event's faces changed."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        recluster(services(), uuid.UUID(body["event_id"]))


@app.function_name("write_export")
@app.queue_trigger("message", names.EXPORT_QUEUE, STORAGE)
def write_export_part(message: func.QueueMessage, context: func.Context) -> None:
    """Somebody wants an export, or it is to go on."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        write_export(services(), uuid.UUID(body["export_id"]))


@app.function_name("export_given_up")
@app.queue_trigger("message", names.EXPORT_POISON_QUEUE, STORAGE)
def export_given_up(message: func.QueueMessage, context: func.Context) -> None:
    """The host gave up on an export after its tries."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        give_up_export(services(), uuid.UUID(body["export_id"]))
        telemetry.count_poison(names.EXPORT_POISON_QUEUE)


@app.function_name("find_notices")
@app.timer_trigger("timer", settings.webhook_schedule)
def find_notices(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the binding's name
    """Time to look for webhooks that are to be told something."""
    with telemetry.invoked(context):
        request_deliveries(services())


@app.function_name("deliver_webhook")
@app.queue_trigger("message", names.WEBHOOK_QUEUE, STORAGE)
def deliver_webhook(message: func.QueueMessage, context: func.Context) -> None:
    """A webhook is to be told something."""
    body = message.get_json()
    with telemetry.invoked(context, body):
        deliver(services(), uuid.UUID(body["webhook_id"]))


@app.function_name("sweep_storage")
@app.timer_trigger("timer", settings.sweep_schedule)
def sweep_storage(timer: func.TimerRequest, context: func.Context) -> None:  # noqa: ARG001 - the binding's name
    """Time to look for what the triggers missed."""
    with telemetry.invoked(context):
        sweep(services())
