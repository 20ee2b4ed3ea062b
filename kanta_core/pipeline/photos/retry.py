"""Retry: an image that failed or was rejected gets another try; one whose tries ran out is marked failed."""

from __future__ import annotations

import uuid

from kanta_core import telemetry
from kanta_core.database import audit, events, images, outcomes
from kanta_core.domain.audit import Action
from kanta_core.domain.records import Image
from kanta_core.errors import NothingToRetry, slug_of
from kanta_core.pipeline.photos.remove import image_of_event
from kanta_core.services import Services
from kanta_core.storage.names import ENCODE_QUEUE


def retry_image(services: Services, code: str, image_id: uuid.UUID) -> Image:
    """Have the image encoded again; NothingToRetry when it is encoded or a duplicate."""
    with services.database.transaction() as connection:
        image = image_of_event(images.get(connection, image_id), events.resolve(connection, code))
        if not outcomes.retry(connection, image.id):
            raise NothingToRetry
        audit.note(connection, image.event_id, Action.PHOTO_RETRIED, image.id)
        image = image_of_event(images.get(connection, image_id), events.resolve(connection, code))
    # After the commit: a worker that is quicker would take the image for final. The sweep sends what is lost here.
    services.queues.send(ENCODE_QUEUE, {"blob_name": image.blob_name})
    return image


def give_up(services: Services, blob_name: str, *, etag: str | None = None) -> None:
    """The host has given up on a blob after its tries: the image is `failed`, unless it ended otherwise."""
    with services.database.transaction() as connection:
        reason = outcomes.fail(connection, blob_name, etag=etag.strip('"') if etag else None)
    if reason is not None:
        telemetry.count_image("failed", slug_of(reason))
