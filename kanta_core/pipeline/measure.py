"""Measure: how long photos and messages have been waiting, for whoever watches over Kanta."""

from __future__ import annotations

import logging

from kanta_core import telemetry
from kanta_core.database import inventory
from kanta_core.errors import StorageUnavailable
from kanta_core.services import Services
from kanta_core.storage.names import BLOB_TRIGGER_QUEUE, LEFT_QUEUES, QUEUES

_log = logging.getLogger(__name__)


def measure(services: Services) -> None:
    """Tell the age of the oldest pending image and of every queue. Where nobody listens, nothing is asked."""
    if not telemetry.is_on():
        return
    with services.database.transaction() as connection:
        age = inventory.pending_age(connection)
    telemetry.tell_pending(age)
    for queue in (*QUEUES, BLOB_TRIGGER_QUEUE, *LEFT_QUEUES):
        try:
            waiting = services.queues.look(queue)
        except StorageUnavailable as error:
            _log.warning("the queue %s could not be measured: %s", queue, error.message)
            continue
        telemetry.tell_queue(queue, length=waiting.length, age=waiting.age)
