"""Search: show a face, get the faces like it, or the people it may be."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, counted, needs
from kanta_core.api.dependencies import EventCode, ServicesOf
from kanta_core.api.photo_body import Sent, photo_body
from kanta_core.api.schemas.people import FoundOut, MatchOut
from kanta_core.database.matches import Metric
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, NoFace, SeveralFaces
from kanta_core.pipeline.people.search import find_people, find_similar

router = APIRouter(tags=["search"], route_class=GuardedRoute)
_image, _image_openapi = photo_body("image")
_PROBLEMS = openapi.problems_of(EventNotFound, NoFace, SeveralFaces, *openapi.OF_A_SEARCH)


@router.post(
    "/find-similar",
    dependencies=[needs(Scope.SEARCH), counted()],
    openapi_extra=_image_openapi,
    responses=_PROBLEMS,
)
def similar(
    event_code: EventCode,
    sent: Annotated[Sent, Depends(_image)],
    its: ServicesOf,
    metric: Annotated[Metric, Query(description="cosine is 1 - cosine similarity; l2 the distance.")] = "cosine",
    top_k: Annotated[int, Query(ge=1, le=100)] = 10,
) -> list[MatchOut]:
    """The faces of the event nearest to the one face in the photo, nearest first. The photo is not kept.

    Those of hidden people are left out. A photo with several faces is answered with where they are.
    """
    matches = find_similar(its, event_code, sent.data, metric=metric, top_k=top_k)
    return [MatchOut.of(match, its.blobs) for match in matches]


@router.post(
    "/find-people",
    dependencies=[needs(Scope.SEARCH), counted()],
    openapi_extra=_image_openapi,
    responses=_PROBLEMS,
)
def people(
    event_code: EventCode,
    sent: Annotated[Sent, Depends(_image)],
    its: ServicesOf,
    top_k: Annotated[int, Query(ge=1, le=20, description="How many people at most.")] = 5,
) -> list[FoundOut]:
    """The people of the event who may be the human in the photo, the most probable first. The photo is not kept.

    Faces that may be, but are in no person yet, come last, under -1, besides those. Hidden people are left out. A
    photo with several faces is answered with where they are.
    """
    found = find_people(its, event_code, sent.data, top_k=top_k)
    return [FoundOut.of(person, its.blobs) for person in found]
