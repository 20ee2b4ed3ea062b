"""Tokens: whom a credential lets in; making a token, and revoking it."""

from __future__ import annotations

import hashlib
import hmac
import math
import uuid
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from kanta_core.database import audit, events, tokens
from kanta_core.database.pool import Connection
from kanta_core.domain.access import ORGANISER, Caller, Scope, Token, new_token, token_sha256
from kanta_core.domain.audit import Action
from kanta_core.errors import Invalid, ScopeMissing, TokenNotFound, TooManyRequests, Unauthenticated
from kanta_core.services import Services

_USUAL_LIFE = timedelta(days=30)
_LONGEST_LIFE = timedelta(days=365)


def recognise(services: Services, credential: str | None) -> Caller:
    """Whom the credential shows; Unauthenticated for one that is nobody's, or no more. Asked anew every time.

    No event is looked at on the way, so that nothing tells whether one exists.
    """
    key = services.settings.organiser_key
    is_key = key is not None and hmac.compare_digest(_sha256(credential or ""), _sha256(key.get_secret_value()))
    if is_key:
        return ORGANISER
    sha256 = None if credential is None else token_sha256(credential)
    if sha256 is None:
        # While access is open nobody is asked; but who shows a token is whom it was given to, a guest for one.
        if services.settings.access == "open":
            return ORGANISER
        raise Unauthenticated
    with services.database.transaction() as connection:
        caller = tokens.caller(connection, sha256)
    if caller is None:
        raise Unauthenticated
    return caller


def count_search(services: Services, token_id: uuid.UUID) -> None:
    """Count a search by face with this token; TooManyRequests when it has used up what it has.

    Whoever has ten thousand faces to try, and an invitation, is kept busy for most of a day.
    """
    at_once, per_hour = services.settings.searches_at_once, services.settings.searches_per_hour
    with services.database.transaction() as connection:
        wait = tokens.search(connection, token_id, at_once=at_once, per_hour=per_hour)
    if wait is not None:
        raise TooManyRequests(max(1, math.ceil(wait.total_seconds())))


def make_token(
    services: Services,
    caller: Caller,
    code: str,
    *,
    scopes: Collection[Scope],
    label: str | None,
    expires_at: datetime | None,
) -> tuple[Token, str]:
    """A token of the event, and its text, which is shown this once and kept nowhere.

    Made with a token it neither manages nor outlives it: whoever gets hold of a token gets nothing that stays.
    EventNotFound, ScopeMissing; Invalid for an expiry in the past or too far away.
    """
    if not caller.may_grant(scopes):
        raise ScopeMissing("Only the organiser makes tokens that manage.")
    now = datetime.now(UTC)
    ends = end_of_life(caller, now, expires_at, usual=_USUAL_LIFE)
    text = new_token()
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        token = keep_token(
            connection, caller, event_id, text, scopes=scopes, label=label, created_at=now, expires_at=ends
        )
        audit.note(connection, event_id, Action.TOKEN_MADE, token.id, scopes=sorted(scopes))
    return token, text


def end_of_life(caller: Caller, now: datetime, asked: datetime | None, *, usual: timedelta) -> datetime:
    """When a token that the caller makes ends: as `asked`, else after the `usual` time; Invalid when it can't."""
    latest = min(now + _LONGEST_LIFE, caller.token.expires_at) if caller.token else now + _LONGEST_LIFE
    ends = min(now + usual, latest) if asked is None else asked
    if not now < ends <= latest:
        raise Invalid(f"expires_at: later than now, and no later than {latest:%Y-%m-%dT%H:%M:%SZ}.")
    return ends


def keep_token(
    connection: Connection,
    caller: Caller,
    event_id: uuid.UUID,
    text: str,
    *,
    scopes: Collection[Scope],
    label: str | None,
    created_at: datetime,
    expires_at: datetime,
) -> Token:
    """Keep a new token by its hash, as made by the caller. Runs under the event's lock.

    Unauthenticated when the caller's own has ended meanwhile: revoked, it leaves nothing behind.
    """
    sha256 = token_sha256(text)
    assert sha256 is not None
    made_by = caller.token.id if caller.token else None
    if made_by is not None and not tokens.is_good(connection, made_by):
        raise Unauthenticated
    return tokens.insert(
        connection,
        event_id,
        sha256,
        scopes=scopes,
        label=label,
        made_by=made_by,
        created_at=created_at,
        expires_at=expires_at,
    )


def revoke_token(services: Services, code: str, token_id: uuid.UUID) -> None:
    """Let nobody in with the token from the next request on, nor with those made with it.

    Asked for twice it is done once. EventNotFound, TokenNotFound.
    """
    with services.database.transaction() as connection:
        event_id, _ = events.hold_code(connection, code)
        if not tokens.revoke(connection, event_id, token_id):
            raise TokenNotFound
        audit.note(connection, event_id, Action.TOKEN_REVOKED, token_id)


def _sha256(text: str) -> bytes:
    # Of one length, so that the comparison doesn't tell the key's.
    return hashlib.sha256(text.encode()).digest()
