"""Measure: how long photos and messages have been waiting, for whoever watches over Kanta."""

from __future__ import annotations

from kanta_core import telemetry
from kanta_core.database import inventory
from kanta_core.services import Services
from kanta_core.storage.names import LEFT_QUEUES, QUEUES


def measure(services: Services) -> None:
    """Tell the age of the oldest pending image and of every queue. Where nobody listens, nothing is asked."""
    if not telemetry.is_on():
        return
    with services.database.transaction() as connection:
        age = inventory.pending_age(connection)
    telemetry.tell_pending(age)
    for queue in (*QUEUES, *LEFT_QUEUES):
        waiting = services.queues.look(queue)
        telemetry.tell_queue(queue, length=waiting.length, age=waiting.age)
