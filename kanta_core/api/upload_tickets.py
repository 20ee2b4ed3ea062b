"""Upload tickets: links by which photos go straight to storage."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import CallerOf, PathEventCode, ServicesOf
from kanta_core.api.schemas.upload_tickets import UploadTicketIn, UploadTicketOut
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, ImageTooLarge, MalformedBody, StorageUnavailable
from kanta_core.pipeline.photos.upload_tickets import make_ticket

router = APIRouter(tags=["images"], route_class=GuardedRoute)


@router.post(
    "/upload-tickets/{event_code}",
    status_code=201,
    dependencies=[needs(Scope.UPLOAD)],
    responses=openapi.problems_of(MalformedBody, EventNotFound, ImageTooLarge, StorageUnavailable),
)
def make(
    event_code: PathEventCode,
    caller: CallerOf,
    its: ServicesOf,
    response: Response,
    given: Annotated[UploadTicketIn | None, Body()] = None,
) -> UploadTicketOut:
    """Get links by which photos go straight to storage: one for each file, or for the organiser one for all.

    They write what is not there yet, and read, change, list and delete nothing. Photos show up in `/pics` once
    they have arrived. Revoking a token takes no link back that it was given; within hours they expire.
    """
    ticket = make_ticket(its, caller, event_code, (given or UploadTicketIn()).wanted())
    response.headers["Cache-Control"] = "no-store"
    return UploadTicketOut.of(ticket)
