"""Invitations: the link and QR code by which guests join an event, made anew or taken back."""

from __future__ import annotations

import io
import logging
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kanta_core.database import audit, events, invitations, tokens
from kanta_core.domain.access import Caller, Scope, Token, new_token
from kanta_core.domain.audit import Action
from kanta_core.errors import EventNotFound, KantaError, StorageUnavailable
from kanta_core.pipeline.tokens import end_of_life, keep_token
from kanta_core.services import Services
from kanta_core.storage.names import EVENT_IMAGES, QR_CODE_TYPE

_log = logging.getLogger(__name__)

# Sent out long before some events, and used long after.
_USUAL_LIFE = timedelta(days=180)
_LABEL = "invitation"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new invitation: `url` leads guests in, and so does the QR code in the blob."""

    token: Token
    url: str
    qr_code_blob: str


def guest_url(public_url: str, text: str) -> str:
    """Where a guest's token leads. It is in the fragment, which no server and no log gets to see."""
    return f"{public_url}/join#{text}"


def invite(
    services: Services, caller: Caller, code: str, *, upload: bool, expires_at: datetime | None, public_url: str
) -> Invitation:
    """The event's new invitation; the former lets nobody in any more, but those it let in keep their links.

    Guests join with it and, if they may `upload`, add photos. EventNotFound; Invalid for an expiry in the past or
    too far away; StorageUnavailable.
    """
    now = datetime.now(UTC)
    ends = end_of_life(caller, now, expires_at, usual=_USUAL_LIFE)
    scopes = {Scope.JOIN, Scope.GUEST} | ({Scope.UPLOAD} if upload else set())
    text = new_token()
    url = guest_url(public_url, text)
    with services.database.transaction() as connection:
        event_id = events.resolve(connection, code)
    # Before the row that leads to it, under a name that is never used again.
    blob = f"{event_id}/{uuid.uuid4()}.svg"
    services.blobs.write(EVENT_IMAGES, blob, _qr_code(url), content_type=QR_CODE_TYPE)
    try:
        with services.database.transaction() as connection:
            if not events.hold(connection, event_id):
                raise EventNotFound
            former = invitations.find(connection, event_id)
            if former is not None:
                tokens.revoke_alone(connection, event_id, former[0])
            token = keep_token(
                connection, caller, event_id, text, scopes=scopes, label=_LABEL, created_at=now, expires_at=ends
            )
            invitations.put(connection, event_id, token.id, blob)
            audit.note(connection, event_id, Action.INVITATION_MADE, token.id, upload=upload)
    except KantaError:
        _forget(services, blob)
        raise
    if former is not None:
        _forget(services, former[1])
    return Invitation(token, url, blob)


def withdraw(services: Services, code: str) -> None:
    """End the event's invitation and every guest link of the event. Asked for twice it is done once.

    EventNotFound.
    """
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        former = invitations.find(connection, event_id)
        if former is not None:
            tokens.revoke(connection, event_id, former[0])
            invitations.delete(connection, event_id)
        invitations.revoke_links(connection, event_id)
        audit.note(connection, event_id, Action.INVITATION_REVOKED, former[0] if former else None)
    if former is not None:
        _forget(services, former[1])


def _qr_code(url: str) -> bytes:
    import segno  # noqa: PLC0415 - for those who invite

    drawn = io.BytesIO()
    # On white with its quiet zone, so that it can be read on a dark page, too.
    segno.make(url, error="m", micro=False).save(drawn, kind="svg", scale=8, light="white", title="QR code")
    return drawn.getvalue()


def _forget(services: Services, blob: str) -> None:
    """Delete a QR code that leads nowhere any more; where that fails it stays until its event is deleted."""
    try:
        services.blobs.delete(blob, container=EVENT_IMAGES)
    except StorageUnavailable:
        _log.warning("could not delete the QR code of a former invitation")
