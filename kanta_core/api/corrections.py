"""Corrections: what organisers state about people, and take back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import Response

from kanta_core.api import openapi, problems
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import PathEventCode, ServicesOf
from kanta_core.api.schemas.corrections import CorrectedOut, CorrectionIn, CorrectionOut
from kanta_core.api.schemas.people import PersonState
from kanta_core.database import corrections, events, people
from kanta_core.domain.access import Scope
from kanta_core.errors import (
    CorrectionNotFound,
    EventNotFound,
    FaceNotFound,
    MalformedBody,
    PersonNotFound,
    StalePeople,
)
from kanta_core.pipeline.people.correct import SAMPLES, correct, set_undone
from kanta_core.services import Services

router = APIRouter(tags=["corrections"], route_class=GuardedRoute)
CorrectionId = Annotated[int, Path(ge=1, lt=2**31)]
_UNDOING: dict[int | str, dict[str, Any]] = openapi.problems_of(EventNotFound, CorrectionNotFound)


@router.post(
    "/corrections/{event_code}",
    status_code=201,
    dependencies=[needs(Scope.MANAGE)],
    response_model=CorrectedOut,
    responses=openapi.problems_of(MalformedBody, EventNotFound, PersonNotFound, FaceNotFound, StalePeople),
)
def make(event_code: PathEventCode, given: CorrectionIn, its: ServicesOf) -> CorrectedOut | Response:
    """State something about people or faces. It takes effect at once, and every later grouping obeys it.

    A person that changed since it was looked at is answered with 409 and the people as they are now.
    """
    try:
        return CorrectedOut.of(correct(its, event_code, given.statement(), seen=given.revisions), its.blobs)
    except StalePeople as stale:
        return problems.answer(stale, people=_as_they_are(its, stale))


@router.get(
    "/corrections/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def history(
    event_code: PathEventCode,
    its: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> list[CorrectionOut]:
    """List the event's corrections, newest first, those that were undone among them."""
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        found = corrections.history(connection, event_id, limit=limit, offset=offset)
    return [CorrectionOut.of(correction) for correction in found]


@router.delete("/corrections/{event_code}/{correction_id}", dependencies=[needs(Scope.MANAGE)], responses=_UNDOING)
def undo(event_code: PathEventCode, correction_id: CorrectionId, its: ServicesOf) -> CorrectedOut:
    """Undo a correction: everything is as if it had never been made. In any order; what is undone stays undone."""
    return CorrectedOut.of(set_undone(its, event_code, correction_id, undone=True), its.blobs)


@router.post(
    "/corrections/{event_code}/{correction_id}/redo", dependencies=[needs(Scope.MANAGE)], responses=_UNDOING
)
def redo(event_code: PathEventCode, correction_id: CorrectionId, its: ServicesOf) -> CorrectedOut:
    """Have a correction that was undone count again, in its old place among the others."""
    return CorrectedOut.of(set_undone(its, event_code, correction_id, undone=False), its.blobs)


def _as_they_are(its: Services, stale: StalePeople) -> list[dict[str, Any]]:
    assert stale.event_id is not None
    with its.database.transaction() as connection:
        found = people.list_people(
            connection, stale.event_id, sample_size=SAMPLES, hidden=True, cluster_ids=stale.cluster_ids
        )
    return [PersonState.of_person(person).model_dump(mode="json") for person in found]
