"""Images: upload, list, look at, retry, delete."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from kanta_core.api.dependencies import EventCode, PathEventCode, Sent, ServicesOf, image_body
from kanta_core.api.schemas import FaceOut, ImageOut, ImageWithFaces, Moment, UploadOut
from kanta_core.database import events, faces, images
from kanta_core.domain.records import ImageStatus
from kanta_core.errors import EventNotFound, ImageNotFound
from kanta_core.pipeline.remove import remove_image
from kanta_core.pipeline.retry import retry_image
from kanta_core.pipeline.upload import upload

router = APIRouter(tags=["images"])
_image_file, _image_file_openapi = image_body("image_file")

# PostgreSQL's integer: a larger number can be no image's and no person's.
_Int = Annotated[int, Field(ge=-(2**31), lt=2**31)]
# A bare date means the whole day.
_When = Annotated[date | Moment, Field(union_mode="left_to_right")]


@router.post(
    "/pics/{event_code}",
    status_code=202,
    openapi_extra=_image_file_openapi,
    responses={200: {"model": UploadOut, "description": "The same bytes are in the event already."}},
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


@router.get("/pics")
def list_images(
    event_code: EventCode,
    its: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
    date_from: Annotated[_When | None, Query(description="Arrived at this time or later.")] = None,
    date_to: Annotated[_When | None, Query(description="Arrived at this time or earlier.")] = None,
    min_faces: Annotated[_Int | None, Query()] = None,
    max_faces: Annotated[_Int | None, Query()] = None,
    cluster_list_id: Annotated[list[_Int] | None, Query(description="Showing one of these people.")] = None,
    status: Annotated[list[ImageStatus] | None, Query()] = None,
) -> list[ImageOut]:
    """List an event's photos in every state, oldest first."""
    shown = images.PageOf(
        limit=limit,
        offset=offset,
        date_from=_moment(date_from, time.min),
        date_to=_moment(date_to, time.max),
        min_faces=min_faces,
        max_faces=max_faces,
        cluster_ids=cluster_list_id,
        statuses=status,
    )
    with its.database.transaction() as connection:
        event = events.find(connection, event_code)
        if event is None:
            raise EventNotFound
        found = images.page(connection, event.id, shown)
    return [ImageOut.of(image, its.blobs) for image in found]


def _moment(when: date | datetime | None, at: time) -> datetime | None:
    if when is None or isinstance(when, datetime):
        return when
    return datetime.combine(when, at, UTC)


@router.get("/pics/{image_id}")
def get_image(image_id: uuid.UUID, its: ServicesOf) -> ImageWithFaces:
    """One photo and the faces in it."""
    with its.database.transaction() as connection:
        image = images.get(connection, image_id)
        if image is None:
            raise ImageNotFound
        found = faces.of_image(connection, image.event_id, image.id)
    return ImageWithFaces(image=ImageOut.of(image, its.blobs), faces=[FaceOut.of(face) for face in found])


@router.post("/pics/{event_code}/{image_id}/retry", status_code=202)
def retry(event_code: PathEventCode, image_id: uuid.UUID, its: ServicesOf) -> ImageOut:
    """Try a failed or rejected photo again."""
    return ImageOut.of(retry_image(its, event_code, image_id), its.blobs)


@router.delete("/pics/{event_code}/{image_id}", status_code=204)
def remove(event_code: PathEventCode, image_id: uuid.UUID, its: ServicesOf) -> None:
    """Delete a photo and every other photo of the same bytes in its event."""
    remove_image(its, event_code, image_id)
