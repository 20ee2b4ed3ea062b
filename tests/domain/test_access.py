"""Who may do what."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import combinations

import pytest

from kanta_core.domain.access import ORGANISER, Caller, Scope, Token, new_token, token_sha256

NOW = datetime(2026, 5, 1, tzinfo=UTC)
EVENT = uuid.uuid4()
SETS = [set(scopes) for count in range(1, 5) for scopes in combinations(Scope, count)]


def bearer(scopes: Iterable[Scope]) -> Caller:
    token = Token(
        id=uuid.uuid4(),
        event_id=EVENT,
        scopes=frozenset(scopes),
        label=None,
        made_by=None,
        created_at=NOW,
        expires_at=NOW,
        revoked_at=None,
    )
    return Caller(token, frozenset({"wedding", "party"}))


def test_a_token_may_what_its_scopes_say_and_one_that_manages_all_of_them() -> None:
    for scopes in SETS:
        may = {scope for scope in Scope if bearer(scopes).may(scope)}
        assert may == (set(Scope) if Scope.MANAGE in scopes else scopes)
        assert not bearer(scopes).may(None)


def test_the_organiser_may_everything_everywhere() -> None:
    assert all(ORGANISER.may(scope) for scope in (*Scope, None))
    assert all(ORGANISER.may_grant(scopes) for scopes in SETS)
    assert ORGANISER.knows("anything")
    assert ORGANISER.sees(uuid.uuid4())


def test_no_token_gives_others_the_right_to_manage() -> None:
    for scopes in SETS:
        assert bearer(Scope).may_grant(scopes) == (Scope.MANAGE not in scopes)


def test_a_token_knows_its_event_alone_by_all_its_codes() -> None:
    caller = bearer(Scope)
    assert [code for code in ("wedding", "party", "funeral", "") if caller.knows(code)] == ["wedding", "party"]
    assert caller.sees(EVENT)
    assert not caller.sees(uuid.uuid4())


def test_tokens_are_of_one_form_and_no_two_are_alike() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert {(token[:6], len(token)) for token in tokens} == {("kanta_", 49)}
    for token in tokens:
        assert token_sha256(token) == hashlib.sha256(token.encode()).digest()


@pytest.mark.parametrize(
    "text",
    ["", "kanta_", "kanta_" + "a" * 42, "kanta_" + "a" * 44, "Kanta_" + "a" * 43, "kanta_" + "a" * 42 + "+",
     "kanta_" + "a" * 43 + "\n", " kanta_" + "a" * 43, "kanta_" + "é" * 43, "kanta_" + "٣" * 43],
)  # fmt: skip
def test_what_is_not_of_that_form_is_no_token(text: str) -> None:
    assert token_sha256(text) is None
