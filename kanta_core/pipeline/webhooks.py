"""Webhooks: made, told what happened, and tried again for a day while they don't answer.

Nothing waits for a receiver: what happens is noted in its own transaction, a timer finds whom to tell, and a
message for each has them told, in order, up to a hundred photos in one request. A webhook that fails is left alone
for longer and longer. Delivered at least once: a request that is repeated has the same id.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Collection

from kanta_core import __version__
from kanta_core.database import audit, events, notices, tokens, webhooks
from kanta_core.domain.access import Caller
from kanta_core.domain.audit import Action
from kanta_core.domain.webhooks import Delivery, NoticeKind, Webhook, new_secret, pause_after, signature
from kanta_core.drain import is_draining
from kanta_core.errors import TooManyWebhooks, Unauthenticated, WebhookNotFound
from kanta_core.pipeline.post import NotPosted, check_url, post
from kanta_core.services import Services
from kanta_core.storage.names import WEBHOOK_QUEUE

_log = logging.getLogger(__name__)

_MOST_OF_AN_EVENT = 20
# Of one message: then it is others' turn.
_SECONDS = 60.0
# Longer than a message takes with a receiver that answers at the last moment.
_LOST_AFTER = 300.0
_GIVEN_UP_AFTER = 86_400.0


def make_webhook(
    services: Services, caller: Caller, code: str, url: str, kinds: Collection[NoticeKind]
) -> tuple[Webhook, str]:
    """A webhook of the event, and its secret, which is shown this once.

    Made with a token, it is told nothing once that lets nobody in. EventNotFound, TooManyWebhooks; Invalid for a
    URL that leads nowhere, or into our own network.
    """
    check_url(url, anywhere=services.settings.webhook_addresses == "any")
    secret = new_secret()
    made_by = caller.token.id if caller.token else None
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        if made_by is not None and not tokens.is_good(connection, made_by):
            raise Unauthenticated
        if len(webhooks.list_all(connection, event_id)) >= _MOST_OF_AN_EVENT:
            raise TooManyWebhooks(f"The event has {_MOST_OF_AN_EVENT} webhooks, and can't have more.")
        webhook = webhooks.insert(connection, event_id, url, kinds=kinds, secret=secret.encode(), made_by=made_by)
        # Not its URL: that may hold a secret of the receiver's.
        audit.note(connection, event_id, Action.WEBHOOK_MADE, webhook.id, kinds=sorted(kinds))
    return webhook, secret


def delete_webhook(services: Services, code: str, webhook_id: uuid.UUID) -> None:
    """Tell it nothing from now on, not even what waits. EventNotFound, WebhookNotFound."""
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
        if not webhooks.delete(connection, event_id, webhook_id):
            raise WebhookNotFound
        audit.note(connection, event_id, Action.WEBHOOK_DELETED, webhook_id)


def request_deliveries(services: Services) -> int:
    """Have every webhook told what it is yet to be told, unless it failed a moment ago; how many there are."""
    with services.database.transaction() as connection:
        due = notices.take_due(connection, lost_after=_LOST_AFTER)
        # Before the commit: what could not be sent is not marked as sent.
        services.queues.send_all(WEBHOOK_QUEUE, [{"webhook_id": str(webhook_id)} for webhook_id in due])
    return len(due)


def deliver(services: Services, webhook_id: uuid.UUID) -> None:
    """Tell the webhook what it is yet to be told, until it fails or the time is up; the timer goes on."""
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and not is_draining():
        with services.database.transaction() as connection:
            delivery = notices.next_delivery(connection, webhook_id)
        if delivery is None:
            break
        try:
            _post(services, delivery)
        except NotPosted as failure:
            _put_off(services, delivery, failure.message)
            return
        with services.database.transaction() as connection:
            notices.told(connection, delivery)
    with services.database.transaction() as connection:
        notices.settle(connection, webhook_id)


def sweep_webhooks(services: Services) -> None:
    """Webhooks of tokens that let nobody in go."""
    with services.database.transaction() as connection:
        webhooks.delete_orphans(connection)


def _post(services: Services, delivery: Delivery) -> None:
    body = delivery.body()
    headers = {
        "User-Agent": f"Kanta/{__version__}",
        "Content-Type": "application/json",
        "Kanta-Delivery": str(delivery.id),
        "Kanta-Signature": signature(delivery.secret, body, moment=int(time.time())),
    }
    post(delivery.url, body, headers, anywhere=services.settings.webhook_addresses == "any")


def _put_off(services: Services, delivery: Delivery, reason: str) -> None:
    pause = pause_after(delivery.tries + 1)
    # Without its URL, which may hold a secret of the receiver's.
    _log.warning("webhook %s was not told: %s Again in %.0f s.", delivery.webhook_id, reason, pause)
    with services.database.transaction() as connection:
        notices.not_told(connection, delivery, reason=reason, pause=pause, given_up_after=_GIVEN_UP_AFTER)
