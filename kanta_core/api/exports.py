"""Exports: an event or one of its people as one file, written in the background and fetched by a link."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import PathEventCode, ServicesOf
from kanta_core.api.me import TokenOf
from kanta_core.api.schemas.exports import ExportIn, ExportOut
from kanta_core.database import events, exports
from kanta_core.domain.access import Scope
from kanta_core.errors import (
    EventNotFound,
    ExportNotFound,
    MalformedBody,
    NobodyFound,
    PersonNotFound,
    StorageUnavailable,
)
from kanta_core.pipeline.exports.requests import find_own_export, request_export, request_own_export

router = APIRouter(tags=["exports"], route_class=GuardedRoute)


@router.post(
    "/exports/{event_code}",
    status_code=202,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(MalformedBody, EventNotFound, PersonNotFound, StorageUnavailable),
)
def ask_for_export(event_code: PathEventCode, given: ExportIn, its: ServicesOf) -> ExportOut:
    """Have an export written. Asked for again while it is pending, it is the same one."""
    return ExportOut.of(request_export(its, event_code, given.kind, cluster_id=given.cluster_id), its.blobs)


@router.get(
    "/exports/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def list_exports(
    event_code: PathEventCode,
    its: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> list[ExportOut]:
    """List the event's exports, newest first; those that failed or expired for a month."""
    with its.database.transaction() as connection:
        found = exports.page(connection, events.resolve(connection, event_code), limit=limit, offset=offset)
    return [ExportOut.of(export, its.blobs) for export in found]


@router.get(
    "/exports/{event_code}/{export_id}",
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound, ExportNotFound),
)
def get_export(event_code: PathEventCode, export_id: UUID, its: ServicesOf) -> ExportOut:
    """One export: how far it is, and the link to it once it is ready."""
    with its.database.transaction() as connection:
        found = exports.get(connection, events.resolve(connection, event_code), export_id)
    if found is None:
        raise ExportNotFound
    return ExportOut.of(found, its.blobs)


@router.post(
    "/me/exports",
    status_code=202,
    dependencies=[needs(Scope.GUEST)],
    responses=openapi.problems_of(NobodyFound, StorageUnavailable),
)
def ask_for_own_export(token: TokenOf, its: ServicesOf) -> ExportOut:
    """Have the photos that show the guest written as a ZIP, without what they tell of camera and place.

    Asked for again while it is pending, it is the same one.
    """
    return ExportOut.of(request_own_export(its, token), its.blobs)


@router.get(
    "/me/exports/{export_id}",
    dependencies=[needs(Scope.GUEST)],
    responses=openapi.problems_of(ExportNotFound, StorageUnavailable),
)
def get_own_export(export_id: UUID, token: TokenOf, its: ServicesOf) -> ExportOut:
    """The guest's export: how far it is, and the link to it, for as long as every photo in it is theirs."""
    return ExportOut.of(find_own_export(its, token, export_id), its.blobs)
