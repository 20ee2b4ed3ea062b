"""Many photos at once: delete them, or have them tried again."""

from __future__ import annotations

from fastapi import APIRouter

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import PathEventCode, ServicesOf
from kanta_core.api.schemas.bulk import DeletionsIn, OutcomesOut, RetriesIn
from kanta_core.domain.access import Scope
from kanta_core.domain.records import ImageStatus
from kanta_core.errors import EventNotFound, MalformedBody, StorageUnavailable
from kanta_core.pipeline.photos.bulk import remove_images, retry_images, retry_those

router = APIRouter(tags=["images"], route_class=GuardedRoute)
_PROBLEMS = openapi.problems_of(MalformedBody, EventNotFound, StorageUnavailable)


@router.post("/pics/{event_code}/deletions", dependencies=[needs(Scope.MANAGE)], responses=_PROBLEMS)
def delete(event_code: PathEventCode, given: DeletionsIn, its: ServicesOf) -> OutcomesOut:
    """Delete up to 500 photos, and with each every other photo of the same bytes. Asking twice deletes once."""
    return OutcomesOut.of(remove_images(its, event_code, given.uuids))


@router.post("/pics/{event_code}/retries", dependencies=[needs(Scope.MANAGE)], responses=_PROBLEMS)
def retry(event_code: PathEventCode, given: RetriesIn, its: ServicesOf) -> OutcomesOut:
    """Try up to 500 photos again: those named that failed or were rejected, or all of a status."""
    if given.uuids is not None:
        return OutcomesOut.of(retry_images(its, event_code, given.uuids))
    assert given.status is not None
    outcomes, left = retry_those(its, event_code, ImageStatus(given.status))
    return OutcomesOut.of(outcomes, left=left)
