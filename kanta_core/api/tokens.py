"""Tokens: what an organiser gives to others, so that they may do something in one event."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import CallerOf, PathEventCode, ServicesOf
from kanta_core.api.schemas.tokens import TokenIn, TokenMade, TokenOut
from kanta_core.database import events, tokens
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, MalformedBody, TokenNotFound
from kanta_core.pipeline.tokens import make_token, revoke_token

router = APIRouter(tags=["tokens"], route_class=GuardedRoute)


@router.post(
    "/tokens/{event_code}",
    status_code=201,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(MalformedBody, EventNotFound),
)
def make(
    event_code: PathEventCode, given: TokenIn, caller: CallerOf, response: Response, its: ServicesOf
) -> TokenMade:
    """Make a token of the event. Its text is shown this once.

    Made with a token, it can't `manage`, expires with it at the latest, and is revoked with it.
    """
    token, text = make_token(
        its, caller, event_code, scopes=given.scopes, label=given.label, expires_at=given.expires_at
    )
    response.headers["Cache-Control"] = "no-store"
    return TokenMade.with_text(token, text)


@router.get(
    "/tokens/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def list_tokens(
    event_code: PathEventCode,
    its: ServicesOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> list[TokenOut]:
    """List the event's tokens, newest first, those that expired or were revoked among them."""
    with its.database.transaction() as connection:
        found = tokens.page(connection, events.resolve(connection, event_code), limit=limit, offset=offset)
    return [TokenOut.of(token) for token in found]


@router.delete(
    "/tokens/{event_code}/{token_id}",
    status_code=204,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound, TokenNotFound),
)
def revoke(event_code: PathEventCode, token_id: UUID, its: ServicesOf) -> None:
    """Revoke a token, and those that were made with it. The next request with it is refused."""
    revoke_token(its, event_code, token_id)
