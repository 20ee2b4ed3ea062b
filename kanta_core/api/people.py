"""People: who is in an event's photos."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query
from fastapi.responses import RedirectResponse, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import CallerOf, EventCode, Int4, PathEventCode, ServicesOf
from kanta_core.api.schemas.people import PersonFaceOut, PersonOut, PersonWithFaces
from kanta_core.database import events, faces, people
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, PersonNotFound, ScopeMissing
from kanta_core.pipeline.people.report import cohesion_of

router = APIRouter(tags=["people"], route_class=GuardedRoute)


@router.get(
    "/clusters",
    dependencies=[needs(Scope.BROWSE)],
    response_model=list[PersonOut],
    responses={
        307: {"description": "To the photos of the people named by `cluster_ids`."},
        **openapi.problems_of(EventNotFound),
    },
)
def list_people(
    event_code: EventCode,
    caller: CallerOf,
    its: ServicesOf,
    sample_size: Annotated[int, Query(ge=1, le=20)] = 5,
    cluster_ids: Annotated[list[Int4] | None, Query(description="Redirects to these people's photos.")] = None,
    hidden: Annotated[bool, Query(description="Hidden people, too: for `manage`.")] = False,  # noqa: FBT002 - a query parameter
) -> list[PersonOut] | Response:
    """List the event's people, biggest first; the faces in no person yet come last, under -1."""
    if hidden and not caller.may(Scope.MANAGE):
        raise ScopeMissing("Hidden people are listed for those who manage the event.")
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        if cluster_ids:
            query = [("event_code", event_code), *(("cluster_list_id", number) for number in cluster_ids)]
            return RedirectResponse(f"/pics?{urlencode(query)}", 307)
        found = people.list_people(connection, event_id, sample_size=sample_size, hidden=hidden)
    return [PersonOut.of(person, its.blobs) for person in found]


@router.get(
    "/people/{event_code}/{cluster_id}",
    dependencies=[needs(Scope.BROWSE)],
    responses=openapi.problems_of(EventNotFound, PersonNotFound),
)
def get_person(
    event_code: PathEventCode,
    cluster_id: Annotated[Int4, Path(description="The person's number, or a former one.")],
    its: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> PersonWithFaces:
    """One person and its faces, the cover first, then the best. A former number gives the person as it is now."""
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        (number,) = people.resolve(connection, event_id, [cluster_id])
        found = people.list_people(connection, event_id, sample_size=1, hidden=True, cluster_ids=[number])
        if number < 1 or not found:
            raise PersonNotFound(f"There is no person {cluster_id} in the event.")
        shown = faces.of_person(connection, event_id, number, limit=limit, offset=offset)
        alike = cohesion_of(connection, event_id, number)
    return PersonWithFaces(
        **dict(PersonOut.of(found[0], its.blobs)),
        cohesion=round(alike, 3),
        faces=[PersonFaceOut.of(face, its.blobs) for face in shown],
    )
