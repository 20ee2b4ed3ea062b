"""Invitations: what an organiser shares, as a link or a QR code, so that guests find their photos."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import CallerOf, PathEventCode, ServicesOf, public_url
from kanta_core.api.schemas.invitations import InvitationIn, InvitationOut
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, MalformedBody, StorageUnavailable
from kanta_core.pipeline.guests.invitations import invite, withdraw

router = APIRouter(tags=["invitations"], route_class=GuardedRoute)


@router.post(
    "/invitations/{event_code}",
    status_code=201,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(MalformedBody, EventNotFound, StorageUnavailable),
)
def make(
    event_code: PathEventCode,
    given: InvitationIn,
    caller: CallerOf,
    request: Request,
    response: Response,
    its: ServicesOf,
) -> InvitationOut:
    """Make the event's invitation. Nobody joins by the former one any more; guests keep the links they got by it.

    Made with a token, it expires with that at the latest, and is revoked with it.
    """
    made = invite(
        its,
        caller,
        event_code,
        upload=given.upload,
        expires_at=given.expires_at,
        public_url=public_url(request, its),
    )
    response.headers["Cache-Control"] = "no-store"
    return InvitationOut.of(made, its.blobs, upload=given.upload)


@router.delete(
    "/invitations/{event_code}",
    status_code=204,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound),
)
def end(event_code: PathEventCode, its: ServicesOf) -> None:
    """End the event's invitation and all its guest links. Whoever is invited next has to show their face again."""
    withdraw(its, event_code)
