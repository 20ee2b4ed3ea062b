"""Guest links: show a photo of yourself, get a link to the photos of you."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, counted, needs
from kanta_core.api.dependencies import CallerOf, EventCode, ServicesOf, public_url
from kanta_core.api.photo_body import Sent, photo_form
from kanta_core.api.schemas.guests import GuestLinkOut
from kanta_core.domain.access import Scope
from kanta_core.errors import ConsentMissing, EventNotFound, NobodyFound, NoFace, SeveralFaces
from kanta_core.pipeline.guests.links import make_link

router = APIRouter(tags=["guests"], route_class=GuardedRoute)
_image, _image_openapi = photo_form("image", text="consent")


@router.post(
    "/guest-links",
    status_code=201,
    dependencies=[needs(Scope.JOIN), counted()],
    openapi_extra=_image_openapi,
    responses=openapi.problems_of(
        ConsentMissing, EventNotFound, NobodyFound, NoFace, SeveralFaces, *openapi.OF_A_SEARCH
    ),
)
def make(
    event_code: EventCode,
    sent: Annotated[Sent, Depends(_image)],
    caller: CallerOf,
    request: Request,
    response: Response,
    its: ServicesOf,
) -> GuestLinkOut:
    """A link to the photos of the one human in the photo, who agrees to being sought. The photo is not kept.

    `consent` is the version of the text agreed to, as `/me` has it. Nobody is found unless it is sure who it is; a
    photo with several faces is answered with where they are.
    """
    made = make_link(its, caller, event_code, sent.data, consent=sent.text)
    response.headers["Cache-Control"] = "no-store"
    return GuestLinkOut.of(made, public_url(request, its))
