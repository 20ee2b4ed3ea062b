"""Me: what a guest sees with an invitation or a guest link. Nothing else of the event is to be had with either."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.cursors import cursor_after, place_of
from kanta_core.api.dependencies import CallerOf, ServicesOf
from kanta_core.api.schemas.guests import GuestPhotoOut, GuestPhotos, MeOut, ReceiptOut
from kanta_core.database import events, guests
from kanta_core.database.matches import at_one_moment
from kanta_core.domain.access import Scope, Token
from kanta_core.domain.guests import GuestsSee
from kanta_core.errors import (
    BrokenImage,
    Busy,
    ImageNotFound,
    NobodyFound,
    ScopeMissing,
    StorageUnavailable,
    TooManyPixels,
    Unauthenticated,
    UnsupportedImage,
)
from kanta_core.pipeline.guests.erase import erase
from kanta_core.pipeline.guests.links import read_photo

router = APIRouter(tags=["guests"], route_class=GuardedRoute)


async def _token(caller: CallerOf) -> Token:
    """What the guest has been given; the organiser has none, and is no guest."""
    if caller.token is None:
        raise ScopeMissing("This is for guests: show an invitation or a guest link.")
    return caller.token


TokenOf = Annotated[Token, Depends(_token)]
Limit = Annotated[int, Query(ge=1, le=200)]
_BINARY = {"type": "string", "format": "binary"}


@router.get("/me", dependencies=[needs(Scope.GUEST)], responses=openapi.problems_of())
def show_me(caller: CallerOf, token: TokenOf, its: ServicesOf) -> MeOut:
    """The event, what its guests may do and see there, and how many photos show this one."""
    with its.database.transaction() as connection:
        at_one_moment(connection)
        event = events.get(connection, token.event_id)
        if event is None:
            raise Unauthenticated
        bound = guests.is_bound(connection, token)
        photos = guests.count_photos(connection, token, everyone=False) if bound else None
    return MeOut.of(caller, token, event, photos, its.blobs)


@router.get("/me/pics", dependencies=[needs(Scope.GUEST)], responses=openapi.problems_of())
def list_photos(
    token: TokenOf,
    its: ServicesOf,
    whose: Annotated[
        Literal["own", "everyone"], Query(description="`everyone` where guests see everything.")
    ] = "own",
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before.")] = None,
) -> GuestPhotos:
    """List the photos that show the guest, in the order in which they came, or those of everyone."""
    after = place_of(cursor)
    everyone = whose == "everyone"
    with its.database.transaction() as connection:
        at_one_moment(connection)
        event = events.get(connection, token.event_id)
        if event is None:
            raise Unauthenticated
        if everyone and event.guests_see is not GuestsSee.EVERYTHING:
            raise ScopeMissing("Guests of this event see the photos that show them.")
        total = guests.count_photos(connection, token, everyone=everyone)
        # One more tells whether there is a next page.
        found = guests.page(connection, token, everyone=everyone, limit=limit + 1, after=after)
    shown = found[:limit]
    more = len(found) > limit
    return GuestPhotos(
        pics=[GuestPhotoOut.of(photo, its.blobs) for photo in shown],
        total=total,
        next_cursor=cursor_after((shown[-1].created_at, shown[-1].id)) if more else None,
    )


@router.get(
    "/me/pics/{uuid}/photo",
    dependencies=[needs(Scope.GUEST)],
    response_class=Response,
    responses={
        200: {"description": "The photo, mostly a JPEG.", "content": {"image/*": {"schema": _BINARY}}},
        **openapi.problems_of(
            ImageNotFound, UnsupportedImage, BrokenImage, TooManyPixels, StorageUnavailable, Busy
        ),
    },
)
def get_photo(uuid: UUID, token: TokenOf, its: ServicesOf) -> Response:
    """One of the photos that the guest may see, at its full size, without what it tells of camera and place."""
    photo = read_photo(its, token, uuid, turn=its.turn_now)
    headers = {"Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(photo.data, media_type=photo.format.content_type, headers=headers)


@router.post(
    "/me/erasure",
    dependencies=[needs(Scope.GUEST)],
    responses=openapi.problems_of(NobodyFound),
)
def forget_me(token: TokenOf, its: ServicesOf, response: Response) -> ReceiptOut:
    """Forget every face of the guest in the event: vectors, pictures cut out of them, the person with its name.

    The photos stay, and the link ends. Asked for with an invitation there is nobody to forget.
    """
    response.headers["Cache-Control"] = "no-store"
    return ReceiptOut.of(erase(its, token))
