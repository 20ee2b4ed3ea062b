"""The system itself: is it well, and which drops belong to nobody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from kanta_core import __version__, telemetry
from kanta_core.api import openapi, problems
from kanta_core.api.access import GuardedRoute, needs_organiser
from kanta_core.api.dependencies import ServicesOf
from kanta_core.api.schemas.system import DeepHealth, DropOut, Drops, Health
from kanta_core.database import arrivals
from kanta_core.errors import SettingsError, Unavailable
from kanta_core.pipeline.health import check, check_deeply

router = APIRouter(prefix="/system", tags=["system"], route_class=GuardedRoute)
# What asks nobody who they are.
public = APIRouter(prefix="/system", tags=["system"])


@public.get(
    "/health",
    response_model=Health,
    responses={503: openapi.problems_of(Unavailable)[503]},
)
def health(request: Request) -> Health | Response:
    """Whether Kanta can work; 503 names the part that is down. Asks for no credential."""
    try:
        parts = check(request.app.state.services())
    except SettingsError as error:
        parts = {"settings": error.message}
    down = {part: state for part, state in parts.items() if state != "ok"}
    if down:
        detail = " ".join(f"{part}: {state}" for part, state in down.items())
        return problems.answer(Unavailable(detail), parts=parts)
    return Health(status="ok", version=__version__, parts=parts)


@router.get(
    "/health/deep",
    response_model=DeepHealth,
    dependencies=[needs_organiser()],
    responses=openapi.problems_of(Unavailable),
)
def deep_health(its: ServicesOf) -> DeepHealth | Response:
    """Whether Kanta does its work: it writes, reads and deletes, and loads its models. 503 names what it can't."""
    parts = check_deeply(its)
    states = {name: part.state for name, part in parts.items()}
    milliseconds = {name: part.milliseconds for name, part in parts.items()}
    told = telemetry.state()
    down = [f"{name}: {state}" for name, state in states.items() if state != "ok"]
    if down:
        return problems.answer(
            Unavailable(" ".join(down)), parts=states, milliseconds=milliseconds, telemetry=told
        )
    return DeepHealth(status="ok", version=__version__, parts=states, milliseconds=milliseconds, telemetry=told)


@router.get("/drops", dependencies=[needs_organiser()], responses=openapi.problems_of())
def list_drops(its: ServicesOf, limit: Annotated[int, Query(ge=1, le=1_000)] = 200) -> Drops:
    """List dropped photos that wait for their event, then those that no event can ever claim."""
    with its.database.transaction() as connection:
        found = arrivals.list_drops(connection, limit=limit)
    return Drops(
        drops=[
            DropOut(
                blob_name=drop.blob_name,
                event_code=drop.code,
                waiting=drop.problem is None,
                problem=drop.problem,
                first_seen=drop.first_seen,
            )
            for drop in found
        ]
    )
