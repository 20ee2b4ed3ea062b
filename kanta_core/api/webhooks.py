"""Webhooks: addresses that are told what happens in an event."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter, Response

from kanta_core.api import openapi
from kanta_core.api.access import GuardedRoute, needs
from kanta_core.api.dependencies import CallerOf, PathEventCode, ServicesOf
from kanta_core.api.schemas.webhooks import WebhookIn, WebhookMade, WebhookOut
from kanta_core.database import events, webhooks
from kanta_core.domain.access import Scope
from kanta_core.errors import EventNotFound, MalformedBody, TooManyWebhooks, WebhookNotFound
from kanta_core.pipeline.webhooks import delete_webhook, make_webhook

router = APIRouter(tags=["webhooks"], route_class=GuardedRoute)


@router.post(
    "/webhooks/{event_code}",
    status_code=201,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(MalformedBody, EventNotFound, TooManyWebhooks),
)
def make(
    event_code: PathEventCode, given: WebhookIn, caller: CallerOf, response: Response, its: ServicesOf
) -> WebhookMade:
    """Have an address told what happens in the event from now on. The secret of its signatures is shown this once.

    Told by POST, in order, at least once; any 2xx takes it. Made with a token, it ends with that.
    """
    webhook, secret = make_webhook(its, caller, event_code, given.url, given.kinds)
    response.headers["Cache-Control"] = "no-store"
    return WebhookMade.with_secret(webhook, secret)


@router.get(
    "/webhooks/{event_code}", dependencies=[needs(Scope.MANAGE)], responses=openapi.problems_of(EventNotFound)
)
def list_webhooks(event_code: PathEventCode, its: ServicesOf) -> list[WebhookOut]:
    """List the event's webhooks, oldest first, and how each is doing."""
    with its.database.transaction() as connection:
        found = webhooks.list_all(connection, events.resolve(connection, event_code))
    return [WebhookOut.of(webhook) for webhook in found]


@router.delete(
    "/webhooks/{event_code}/{webhook_id}",
    status_code=204,
    dependencies=[needs(Scope.MANAGE)],
    responses=openapi.problems_of(EventNotFound, WebhookNotFound),
)
def delete(event_code: PathEventCode, webhook_id: UUID, its: ServicesOf) -> None:
    """Delete a webhook with what it is yet to be told."""
    delete_webhook(its, event_code, webhook_id)
