"""Who may do what: every operation of the OpenAPI document × every credential that is no good for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from kanta_core.api.app import create_app
from kanta_core.domain.access import Scope
from kanta_core.services import Services
from tests.api.client import Api, problem, told
from tests.api.credentials import KEY, bearer, expire, make_token, nobodys
from tests.api.operations import GUARDED, NOTHING, Things, operations, things_of

Stored = Callable[[], dict[str, object]]
KEY_ELSEWHERE = f"access_token={KEY}&token={KEY}&code={KEY}&api_key={KEY}"


@dataclass(frozen=True)
class Party:
    """Two events of a closed Kanta, each with something of everything, and tokens of the first."""

    api: Api
    its: Things
    others: Things
    # By the scopes they have.
    tokens: Mapping[frozenset[Scope], str]
    expired: str
    revoked: str

    def with_scopes(self, *scopes: Scope) -> str:
        return self.tokens[frozenset(scopes)]


@pytest.fixture
def party(closed: Api, crowd: str, services: Services, obama: bytes) -> Party:
    closed.post("/events", json={"event_code": "funeral"}, headers=bearer(KEY)).raise_for_status()
    tokens = {frozenset({scope}): make_token(closed, crowd, [scope])[1] for scope in Scope}
    for missing in Scope:
        scopes = frozenset(set(Scope) - {missing})
        tokens[scopes] = make_token(closed, crowd, sorted(scopes))[1]
    tokens[frozenset(Scope)] = make_token(closed, crowd, list(Scope))[1]
    expired_id, expired = make_token(closed, crowd, list(Scope))
    expire(services, expired_id)
    revoked_id, revoked = make_token(closed, crowd, list(Scope))
    closed.delete(f"/tokens/{crowd}/{revoked_id}", headers=bearer(KEY)).raise_for_status()
    its = {**things_of(closed, crowd), "photo": obama.decode("latin-1")}
    hide = {"kind": "hide", "cluster_id": 2, "revisions": {"2": 1}}
    corrected = closed.post(f"/corrections/{crowd}", json=hide, headers=bearer(KEY))
    assert corrected.json()["correction"]["id"] == 1
    return Party(closed, its, things_of(closed, "funeral"), tokens, expired, revoked)


def test_health_alone_asks_nobody_who_they_are(closed: Api) -> None:
    assert [operation.name for operation in operations() if operation.is_public] == ["get /system/health"]
    assert closed.get("/system/health").status_code == 200
    for path in ("/openapi.json", "/docs", "/redoc"):
        assert closed.get(path).status_code == 200


def test_every_other_operation_says_what_it_needs_and_how_it_refuses() -> None:
    document = create_app().openapi()
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert {operation.scope for operation in GUARDED} == {*Scope, None}
    for operation in GUARDED:
        assert operation.described["responses"].keys() >= {"401", "403"}, operation.name


def test_nobody_gets_anywhere_with_anything_and_all_are_told_the_same(
    party: Party, stored: Stored, record_property: Callable[[str, object], None]
) -> None:
    wrong = nobodys(party.expired, party.revoked)
    before = stored()
    answers = {}
    for operation in GUARDED:
        for name, headers in wrong.items():
            # What is no header is no credential, whether there is one besides or not.
            queries = ("", KEY_ELSEWHERE) if name in {"no header", "an unknown token"} else ("",)
            for query, things in itertools.product(queries, (party.its, NOTHING)):
                answer = operation.ask(party.api, things, headers, query=query)
                answers[operation.name, name, query, things["event_code"]] = answer
    assert [asked for asked, answer in answers.items() if answer.status_code != 401] == []
    (said,) = {repr(told(answer)): answer for answer in answers.values()}.values()
    problem(said, 401, "unauthenticated")
    assert said.headers["www-authenticate"] == "Bearer"
    assert stored() == before
    record_property(
        "figure", f"access: {len(GUARDED)} operations × {len(wrong)} credentials of nobody: {len(answers)} refused"
    )


def test_a_token_without_the_scope_is_refused(party: Party, stored: Stored, subtests: pytest.Subtests) -> None:
    before = stored()
    for operation in GUARDED:
        enough = {operation.scope, Scope.MANAGE} if operation.scope else set()
        short = [scopes for scopes in party.tokens if scopes.isdisjoint(enough)]
        assert short
        for scopes in short:
            with subtests.test(f"{operation.name} with {sorted(scopes)}"):
                answers = [
                    operation.ask(party.api, things, bearer(party.tokens[scopes]))
                    for things in (party.its, party.others, NOTHING)
                ]
                problem(answers[0], 403, "scope-missing")
                assert len({repr(told(answer)) for answer in answers}) == 1
    assert stored() == before


def test_what_is_anothers_is_answered_like_what_does_not_exist(
    party: Party, stored: Stored, subtests: pytest.Subtests
) -> None:
    before = stored()
    compared = 0
    for operation in GUARDED:
        if operation.scope is None or operation.is_about_the_caller:
            continue
        for scopes in ({operation.scope}, {Scope.MANAGE}, set(Scope)):
            credential = bearer(party.with_scopes(*scopes))
            # Another's event with all its things, and another's things under the own event's code.
            for own in ({}, {"event_code": party.its["event_code"]}):
                if own and not operation.parameters("path") & {"uuid", "token_id", "export_id", "webhook_id"}:
                    continue
                with subtests.test(f"{operation.name} with {sorted(scopes)} and {own}"):
                    anothers = operation.ask(party.api, {**party.others, **own}, credential)
                    nothing = operation.ask(party.api, {**NOTHING, **own}, credential)
                    assert told(anothers) == told(nothing)
                    assert anothers.status_code == 404
                    # That is what the organiser, who is no guest, is told of what does not exist.
                    if operation.scope is not Scope.GUEST:
                        assert told(operation.ask(party.api, {**NOTHING, **own}, bearer(KEY))) == told(nothing)
                    compared += 1
    assert compared > 3 * len([each for each in GUARDED if each.scope and not each.is_about_the_caller])
    assert stored() == before


def test_whoever_may_is_let_in(party: Party, subtests: pytest.Subtests) -> None:
    expected = {
        # Nothing is wrong with the photo that is to be tried again.
        "post /pics/{event_code}/{uuid}/retry": 409,
        # Who has not shown who they are yet sees no photo, and has nothing to be forgotten.
        "get /me/pics/{uuid}/photo": 404,
        "post /me/erasure": 404,
        "post /me/exports": 404,
        "get /me/exports/{export_id}": 404,
    }
    for operation in sorted(GUARDED, key=lambda each: each.name == "delete /events"):
        good = {KEY}
        if operation.scope is Scope.GUEST:
            good.clear()
            problem(operation.ask(party.api, party.its, bearer(KEY)), 403, "scope-missing")
        if operation.scope is not None:
            good |= {party.with_scopes(operation.scope), party.with_scopes(Scope.MANAGE)}
        reads = operation.method == "get"
        things = things_of(party.api, party.its["event_code"])
        for number, credential in enumerate(good):
            if number and not reads:
                things = things_of(party.api, party.its["event_code"])
            things["photo"] = party.its["photo"]
            with subtests.test(operation.name):
                answer = operation.ask(party.api, things, bearer(credential))
                assert answer.status_code == expected.get(operation.name) or answer.status_code < 400, answer.text


def test_a_wrong_query_tells_nothing_of_anothers_event(party: Party) -> None:
    credential = bearer(party.with_scopes(*Scope))
    for operation in GUARDED:
        if "event_code" in operation.parameters("query") | operation.parameters("path"):
            wrong = "limit=x&top_k=x&sample_size=x&running=x"
            # Of the own event it is told what is wrong.
            anothers = operation.ask(party.api, party.others, credential, query=wrong)
            nothing = operation.ask(party.api, NOTHING, credential, query=wrong)
            assert told(anothers) == told(nothing), operation.name
    own = party.api.get(f"/pics?event_code={party.its['event_code']}&limit=x", headers=credential)
    problem(own, 422, "invalid-request")
