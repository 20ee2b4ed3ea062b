"""Webhooks, as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from kanta_core.domain.webhooks import NoticeKind, Webhook

_LONGEST_URL = 2_000


class WebhookIn(BaseModel):
    """An address that is to be told what happens in the event."""

    url: Annotated[str, Field(max_length=_LONGEST_URL)] = Field(
        description="Begins with https:// and leads into the internet. Redirects are not followed.",
        examples=["https://example.org/kanta"],
    )
    kinds: Annotated[set[NoticeKind], Field(min_length=1)] = Field(
        description="`photo.encoded`: `data.photos` lists up to a hundred that were encoded, the first time or "
        "again. `people.changed`: `data.cluster_ids` are the people whose faces, name, visibility or cover "
        "changed, or who are there no more."
    )


class WebhookOut(BaseModel):
    """A webhook and how it is doing. One that fails is tried again less and less often.

    What is older than a day by then it is never told, which `given_up` counts.
    """

    id: UUID
    url: str
    kinds: list[NoticeKind]
    made_by: UUID | None = Field(
        description="The token it was made with, whose end is its own; null: the organiser's key."
    )
    created_at: datetime
    waiting: int = Field(description="How much it is yet to be told.")
    delivered_at: datetime | None = Field(description="When it last took something.")
    failing_since: datetime | None = Field(description="Null while it takes what it is told.")
    last_error: str | None = Field(description="Why the last try failed.")
    next_try_at: datetime | None = Field(description="Null while it takes what it is told.")
    given_up: int

    @classmethod
    def of(cls, webhook: Webhook) -> WebhookOut:
        return cls(
            id=webhook.id,
            url=webhook.url,
            kinds=sorted(webhook.kinds),
            made_by=webhook.made_by,
            created_at=webhook.created_at,
            waiting=webhook.waiting,
            delivered_at=webhook.delivered_at,
            failing_since=webhook.failing_since,
            last_error=webhook.last_error,
            next_try_at=webhook.due_at if webhook.failing_since else None,
            given_up=webhook.given_up,
        )


class WebhookMade(WebhookOut):
    """A new webhook with its secret, which is shown this once."""

    secret: str = Field(
        description="Its ASCII characters are the key of `Kanta-Signature: t=<Unix time>,v1=<hex>`, the "
        "HMAC-SHA256 of `<Unix time>.<body>`. Compare in constant time, and refuse what is older than "
        "some minutes. A request that is repeated has the same `Kanta-Delivery`."
    )

    @classmethod
    def with_secret(cls, webhook: Webhook, secret: str) -> WebhookMade:
        return cls(**dict(WebhookOut.of(webhook)), secret=secret)
