"""Many photos at once: deleted, or tried again. Each for itself, so that asking again finishes what was left."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from enum import StrEnum

from kanta_core.database import audit, events, outcomes
from kanta_core.domain.audit import Action
from kanta_core.domain.records import ImageStatus
from kanta_core.errors import ImageNotFound, StorageUnavailable
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.services import Services
from kanta_core.storage.names import ENCODE_QUEUE

MOST = 500
# Whatever is between Kanta and its clients gives up after some minutes.
_SECONDS = 60.0


class Outcome(StrEnum):
    """What became of one photo."""

    DONE = "done"
    NOT_FOUND = "not-found"
    # It is encoded, or a duplicate.
    NOTHING_TO_RETRY = "nothing-to-retry"
    # Not begun: ask again.
    LATER = "later"


Outcomes = dict[uuid.UUID, Outcome]


def remove_images(services: Services, code: str, ids: Sequence[uuid.UUID]) -> Outcomes:
    """Delete these photos and all others of the same bytes, as `remove_image` does. EventNotFound.

    What storage fails to delete is deleted by the sweep; those not reached by then, or in a minute, come later.
    """
    with services.database.transaction() as connection:
        events.resolve(connection, code)
    ends = time.monotonic() + _SECONDS
    became: Outcomes = {}
    for image_id in dict.fromkeys(ids):
        if image_id in became:
            continue
        if time.monotonic() > ends:
            break
        try:
            became |= dict.fromkeys(remove_image(services, code, image_id), Outcome.DONE)
        except ImageNotFound:
            became[image_id] = Outcome.NOT_FOUND
        except StorageUnavailable:
            break
    return {image_id: became.get(image_id, Outcome.LATER) for image_id in ids}


def retry_images(services: Services, code: str, ids: Sequence[uuid.UUID]) -> Outcomes:
    """Have these photos encoded again, in one transaction. EventNotFound."""
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
        retried = outcomes.retry_all(connection, event_id, ids)
        for image_id in retried:
            audit.note(connection, event_id, Action.PHOTO_RETRIED, image_id)
        there = outcomes.among(connection, event_id, ids)
    # After the commit, as for one. What is lost here the sweep sends.
    services.queues.send_all(ENCODE_QUEUE, [{"blob_name": name} for name in retried.values()])
    left = {image_id: Outcome.NOTHING_TO_RETRY if image_id in there else Outcome.NOT_FOUND for image_id in ids}
    return left | dict.fromkeys(retried, Outcome.DONE)


def retry_those(services: Services, code: str, status: ImageStatus) -> tuple[Outcomes, int]:
    """Have the oldest photos of this status encoded again, `MOST` at once, and tell how many are left of it."""
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
        oldest, count = outcomes.with_status(connection, event_id, status, most=MOST)
    became = retry_images(services, code, oldest)
    return became, count - len(oldest)
