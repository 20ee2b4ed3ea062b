"""Images: upload, list, look at, retry, delete."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from kanta_core.api import openapi, paging
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.cursors import cursor_behind, place_in_list
from kanta_core.api.dependencies import CallerOf, EventCode, Int4, PathEventCode, ServicesOf
from kanta_core.api.photo_body import Sent, photo_body
from kanta_core.api.schemas.images import FaceOut, ImageOut, ImageWithFaces, UploadOut
from kanta_core.api.schemas.times import From, To
from kanta_core.database import events, faces, images, people
from kanta_core.domain.access import Scope
from kanta_core.domain.records import ImageStatus
from kanta_core.errors import (
    EventNotFound,
    ImageNotFound,
    Invalid,
    NothingToRetry,
    StorageUnavailable,
    UploadOvertaken,
)
from kanta_core.pipeline.photos.remove import remove_image
from kanta_core.pipeline.photos.retry import retry_image
from kanta_core.pipeline.photos.upload import upload

router = APIRouter(tags=["images"], route_class=GuardedRoute)
_image_file, _image_file_openapi = photo_body("image_file")


@router.post(
    "/pics/{event_code}",
    status_code=202,
    dependencies=[needs(Scope.UPLOAD)],
    openapi_extra=_image_file_openapi,
    responses={
        200: {"model": UploadOut, "description": "The same bytes are in the event already."},
        **openapi.problems_of(EventNotFound, *openapi.OF_A_PHOTO, StorageUnavailable, UploadOvertaken),
    },
)
def upload_image(
    event_code: PathEventCode,
    sent: Annotated[Sent, Depends(_image_file)],
    response: Response,
    its: ServicesOf,
) -> UploadOut:
    """Upload a photo. It is encoded in the background; the same bytes again give the same image."""
    uploaded = upload(its, event_code, sent.data, file_name=sent.file_name)
    response.status_code = 202 if uploaded.new else 200
    return UploadOut.of(uploaded.image, its.blobs)


@router.get(
    "/pics",
    dependencies=[needs(Scope.BROWSE)],
    responses={200: {"headers": paging.HEADERS}, **openapi.problems_of(EventNotFound)},
)
def list_images(
    event_code: EventCode,
    its: ServicesOf,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    date_from: Annotated[From | None, Query(description="Arrived then or later; a date is its start.")] = None,
    date_to: Annotated[To | None, Query(description="Arrived then or earlier; a date is its end.")] = None,
    min_faces: Annotated[Int4 | None, Query()] = None,
    max_faces: Annotated[Int4 | None, Query()] = None,
    cluster_list_id: Annotated[list[Int4] | None, Query(description="Showing one of these people.")] = None,
    status: Annotated[list[ImageStatus] | None, Query()] = None,
    sort: Annotated[images.Sort, Query(description="By arrival, or by the cameras' clocks.")] = "created",
    cursor: Annotated[
        str | None, Query(description="From the link to the next page; in place of an offset.")
    ] = None,
) -> list[ImageOut]:
    """List an event's photos in every state, oldest first; by `taken`, those whose time is not known come last.

    `X-Total-Count` tells how many fit; `Link` leads to the next page by a cursor, so that no photo is shown twice
    or missed, however many come and go meanwhile.
    """
    if cursor is not None and offset:
        raise Invalid("cursor: in place of an offset, not besides one.")
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        shown = images.PageOf(
            # One more than is shown tells whether there is a next page.
            limit=limit + 1,
            offset=offset,
            after=place_in_list(cursor, sort=sort),
            sort=sort,
            date_from=date_from,
            date_to=date_to,
            min_faces=min_faces,
            max_faces=max_faces,
            # Links with a person's former number go on showing its photos.
            cluster_ids=cluster_list_id and people.resolve(connection, event_id, cluster_list_id),
            statuses=status,
        )
        found = images.page(connection, event_id, shown)
        total = images.count(connection, event_id, shown)
    following = cursor_behind(found[limit - 1], sort=sort) if len(found) > limit else None
    paging.tell(request, response, total=total, cursor=following)
    return [ImageOut.of(image, its.blobs) for image in found[:limit]]


@router.get("/pics/{uuid}", dependencies=[needs(Scope.BROWSE)], responses=openapi.problems_of(ImageNotFound))
def get_image(uuid: UUID, caller: CallerOf, its: ServicesOf) -> ImageWithFaces:
    """One photo and the faces in it."""
    with its.database.transaction() as connection:
        image = images.get(connection, uuid)
        if image is None or not caller.sees(image.event_id):
            raise ImageNotFound
        found = faces.of_image(connection, image.event_id, image.id)
    return ImageWithFaces(
        image=ImageOut.of(image, its.blobs), faces=[FaceOut.of(face, its.blobs) for face in found]
    )


@router.post(
    "/pics/{event_code}/{uuid}/retry",
    status_code=202,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound, ImageNotFound, NothingToRetry, StorageUnavailable),
)
def retry(event_code: PathEventCode, uuid: UUID, its: ServicesOf) -> ImageOut:
    """Try a failed or rejected photo again."""
    return ImageOut.of(retry_image(its, event_code, uuid), its.blobs)


@router.delete(
    "/pics/{event_code}/{uuid}",
    status_code=204,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound, ImageNotFound, StorageUnavailable),
)
def remove(event_code: PathEventCode, uuid: UUID, its: ServicesOf) -> None:
    """Delete a photo and every other photo of the same bytes in its event."""
    remove_image(its, event_code, uuid)
