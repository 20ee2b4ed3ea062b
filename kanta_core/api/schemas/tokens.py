"""Tokens, as they are asked for and shown."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field

from kanta_core.api.schemas.times import Moment
from kanta_core.domain.access import Scope, Token

_MOST_LABEL = 200


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that can't be shown on one line")
    return text


class TokenIn(BaseModel):
    """A token to be made."""

    scopes: Annotated[set[Scope], Field(min_length=1)]
    label: Annotated[str, Field(max_length=_MOST_LABEL), AfterValidator(_one_line)] | None = Field(
        default=None, description="What people know it by: who has it, or what for."
    )
    expires_at: Moment | None = Field(
        default=None,
        description="Left out: in 30 days. At most in a year, and not later than the token it is made with.",
    )


class TokenOut(BaseModel):
    """A token as it is kept: not its text. It lets in until it expires or was revoked."""

    id: UUID
    scopes: list[Scope]
    label: str | None
    made_by: UUID | None = Field(
        description="The token it was made with, whose end is its own; null: the organiser's key."
    )
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    @classmethod
    def of(cls, token: Token) -> TokenOut:
        return cls(
            id=token.id,
            scopes=[scope for scope in Scope if scope in token.scopes],
            label=token.label,
            made_by=token.made_by,
            created_at=token.created_at,
            expires_at=token.expires_at,
            revoked_at=token.revoked_at,
        )


class TokenMade(TokenOut):
    """A new token with its text, which is shown this once."""

    token: str = Field(description="Sent as `Authorization: Bearer …`.")

    @classmethod
    def with_text(cls, token: Token, text: str) -> TokenMade:
        return cls(**dict(TokenOut.of(token)), token=text)
