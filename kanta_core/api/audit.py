"""Audit: what was done in an event, and by whom."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from kanta_core.api import openapi, paging
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import PathEventCode, ServicesOf
from kanta_core.api.schemas.audit import AuditOut
from kanta_core.database import audit, events
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound

router = APIRouter(tags=["audit"], route_class=GuardedRoute)


@router.get(
    "/audit/{event_code}",
    dependencies=[needs(Scope.MANAGE)],
    responses={200: {"headers": paging.HEADERS}, **openapi.problems_of(EventNotFound)},
)
def list_audit(
    event_code: PathEventCode,
    its: ServicesOf,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[int | None, Query(ge=1, lt=2**63, description="From the link to the next page.")] = None,
) -> list[AuditOut]:
    """List what was done in the event by those who manage it, newest first. It goes with the event."""
    with its.database.transaction() as connection:
        event_id = events.resolve(connection, event_code)
        found = audit.page(connection, event_id, before=cursor, limit=limit + 1)
        total = audit.count(connection, event_id)
    shown = found[:limit]
    paging.tell(request, response, total=total, cursor=str(shown[-1].id) if len(found) > limit else None)
    return [AuditOut.of(entry) for entry in shown]
