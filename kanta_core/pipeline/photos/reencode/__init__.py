"""Encode once more: the photos of an event are put on the encode queue, though they are encoded already.

For a new encoder: embeddings of two are never compared. Each photo has its old faces until its new ones replace
them in one transaction, and the event's people are made anew after the last.
"""

from __future__ import annotations

from kanta_core.database import events, outcomes
from kanta_core.domain.codes import fold_code
from kanta_core.errors import EventNotFound
from kanta_core.pipeline.gather import queue_waiting
from kanta_core.services import Services


def reencode(services: Services, code: str, *, encoder_not: str | None = None) -> int:
    """Have the event's photos encoded once more, or only those that another encoder looked at; how many.

    Asking twice is asking once: photos that wait for it already are not counted. EventNotFound.
    """
    folded = fold_code(code)
    if folded is None:
        raise EventNotFound
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, folded)
        count = outcomes.encode_again(connection, event_id, other_than=encoder_not)
    queue_waiting(services, event_id)
    return count
