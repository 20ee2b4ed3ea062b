"""Credentials, good ones and all kinds of wrong ones, and how they are sent."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

import psycopg

from kanta_core.domain.access import Scope, new_token
from kanta_core.services import Services
from tests.api.client import Api

KEY = "organiser-" + "Kk7." * 8
TOKEN = re.compile(r"kanta_[A-Za-z0-9_-]{43}")

Headers = list[tuple[str, str]]


def bearer(credential: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {credential}"}


def _bearers(*credentials: str) -> Headers:
    return [("Authorization", f"Bearer {credential}") for credential in credentials]


def make_token(closed: Api, event: str, scopes: Sequence[Scope], *, maker: str = KEY) -> tuple[str, str]:
    """The id and the text of a new token of the event."""
    made = closed.post(f"/tokens/{event}", json={"scopes": scopes}, headers=bearer(maker))
    made.raise_for_status()
    return made.json()["id"], made.json()["token"]


def expire(services: Services, token_id: str) -> None:
    """Have it be tomorrow's yesterday for a token."""
    with psycopg.connect(services.settings.database_url) as connection:
        connection.execute(
            """UPDATE tokens SET created_at = now() - interval '2 s', expires_at = now() - interval '1 s'
                WHERE id = %s""",
            [token_id],
        )


def nobodys(expired: str, revoked: str) -> dict[str, Headers]:
    """Headers that show nobody: each is to be answered like the others."""
    basic = base64.b64encode(f"organiser:{KEY}".encode()).decode()
    middle = len(KEY) // 2
    return {
        "no header": [],
        "an empty header": [("Authorization", "")],
        "a scheme alone": [("Authorization", "Bearer")],
        "no credential": [("Authorization", "Bearer  ")],
        "no scheme": [("Authorization", KEY)],
        "another scheme": [("Authorization", f"Basic {basic}")],
        "a scheme that is none": [("Authorization", f"Token {KEY}")],
        "the key twice": _bearers(KEY, KEY),
        "the key and another": _bearers(f"{KEY}, Bearer x"),
        "the key in a cookie": [("Cookie", f"Authorization=Bearer {KEY}; access_token={KEY}; token={KEY}")],
        "the key in another header": [("X-Api-Key", KEY), ("X-Functions-Key", KEY), ("X-Authorization", KEY)],
        "garbage": _bearers("' OR 1=1 --"),
        "bytes": [("Authorization", "Bearer \xff\xfe")],
        "a very long one": _bearers("k" * 60_000),
        "the key's beginning": _bearers(KEY[:-1]),
        "the key and more": _bearers(KEY + "k"),
        "the key in other letters": _bearers(KEY.swapcase()),
        "the key, its first changed": _bearers("O" + KEY[1:]),
        "the key, one changed in the middle": _bearers(f"{KEY[:middle]}x{KEY[middle + 1 :]}"),
        "the key, its last changed": _bearers(KEY[:-1] + "x"),
        "an unknown token": _bearers(new_token()),
        "a token's beginning": _bearers(expired[:-1]),
        "an expired token": _bearers(expired),
        "a revoked token": _bearers(revoked),
    }
