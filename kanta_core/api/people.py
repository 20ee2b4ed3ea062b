"""People: who is in an event's photos."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response

from kanta_core.api import openapi
from kanta_core.api.dependencies import EventCode, Int4, ServicesOf
from kanta_core.api.schemas.people import PersonOut
from kanta_core.database import events, people
from kanta_core.errors import EventNotFound

router = APIRouter(tags=["people"])


@router.get(
    "/clusters",
    response_model=list[PersonOut],
    responses={
        307: {"description": "To the photos of the people named by `cluster_ids`."},
        **openapi.problems_of(EventNotFound),
    },
)
def list_people(
    event_code: EventCode,
    its: ServicesOf,
    sample_size: Annotated[int, Query(ge=1, le=20)] = 5,
    cluster_ids: Annotated[list[Int4] | None, Query(description="Redirects to these people's photos.")] = None,
) -> list[PersonOut] | Response:
    """List the event's people, biggest first; the faces in no person yet come last, under -1."""
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        if cluster_ids:
            query = [("event_code", event_code), *(("cluster_list_id", number) for number in cluster_ids)]
            return RedirectResponse(f"/pics?{urlencode(query)}", 307)
        found = people.list_people(connection, event_id, sample_size=sample_size)
    return [PersonOut.of(person, its.blobs) for person in found]
