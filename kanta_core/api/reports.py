"""Reports: how well an event's people are known, and what an organiser should look at first."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import PathEventCode, ServicesOf
from kanta_core.api.schemas.reports import DoubtOut, ReportOut
from kanta_core.api.schemas.timelines import TimelineOut
from kanta_core.database import events, timelines
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound
from kanta_core.pipeline.people.report import find_doubts, report

router = APIRouter(tags=["people"], route_class=GuardedRoute)


@router.get(
    "/doubts/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def list_doubts(
    event_code: PathEventCode, its: ServicesOf, limit: Annotated[int, Query(ge=1, le=200)] = 10
) -> list[DoubtOut]:
    """List people who may be two and pairs who may be one, those first whose answer mends most.

    Among the corrections `merge` and `different_people`, `split` and `one_person` answer one; what was answered is
    not asked again.
    """
    return [DoubtOut.of(doubt, its.blobs) for doubt in find_doubts(its, event_code, most=limit)]


@router.get(
    "/reports/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def get_report(event_code: PathEventCode, its: ServicesOf) -> ReportOut:
    """Count the event's photos, people and faces; say how many are doubtful, and who was left out and why."""
    return ReportOut.of(report(its, event_code))


@router.get(
    "/timelines/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def get_timeline(event_code: PathEventCode, its: ServicesOf) -> TimelineOut:
    """Count the event's photos, and the faces in them, over the time in which they were taken."""
    with its.database.transaction() as connection:
        return TimelineOut.of(timelines.timeline(connection, events.resolve(connection, event_code)))
