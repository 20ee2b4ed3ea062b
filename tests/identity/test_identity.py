"""Who Kanta is: one token a scope for as long as it is good, and a sentence with a cure where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path

import pytest

from kanta_core.errors import SignInFailed
from kanta_core.identity import Identity
from tests.identity.authority import Authority
from tests.identity.endpoint import CLIENT, DATABASE, STORAGE, IdentityEndpoint

SCOPES = {STORAGE: f"{STORAGE}/.default", DATABASE: f"{DATABASE}/.default"}
CLOSED = "http://127.0.0.1:1"


@pytest.fixture(autouse=True)
def platform(endpoint: IdentityEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in endpoint.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def identity() -> Identity:
    return Identity(CLIENT)


def test_a_token_is_asked_for_once_for_each_service(
    identity: Identity, endpoint: IdentityEndpoint, authority: Authority
) -> None:
    for _ in range(3):
        for resource, scope in SCOPES.items():
            authority.check(identity.token(scope), resource)
    assert [resource for resource, _ in endpoint.given] == list(SCOPES)


def test_all_who_wait_for_a_token_get_the_same_one(identity: Identity, endpoint: IdentityEndpoint) -> None:
    together = threading.Barrier(8, timeout=20)

    def ask(_: int) -> str:
        together.wait()
        return identity.token(SCOPES[STORAGE])

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(ask, range(8)))) == 1
    assert len(endpoint.given) == 1


def test_a_token_is_renewed_some_minutes_before_it_ends(identity: Identity, endpoint: IdentityEndpoint) -> None:
    endpoint.seconds = 299
    first = identity.token(SCOPES[STORAGE])
    endpoint.seconds = 3600
    second = identity.token(SCOPES[STORAGE])
    assert second != first
    assert identity.token(SCOPES[STORAGE]) == second


def test_a_token_that_is_still_good_is_used_while_there_is_no_new_one(
    identity: Identity, endpoint: IdentityEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.seconds = 200
    first = identity.token(SCOPES[STORAGE])
    endpoint.stop()
    assert identity.token(SCOPES[STORAGE]) == first
    assert "can't sign in to Azure" in caplog.text
    assert first not in caplog.text
    # For a few seconds nobody tries: all who ask would wait in vain.
    began = time.monotonic()
    assert identity.token(SCOPES[STORAGE]) == first
    assert time.monotonic() - began < 0.1


def test_who_is_refused_one_service_is_let_into_the_other(
    identity: Identity, endpoint: IdentityEndpoint, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(SignInFailed):
        identity.token("https://nobody.example/.default")
    authority.check(identity.token(SCOPES[DATABASE]), DATABASE)
    assert "for https://nobody.example/.default: " in caplog.text


def test_while_one_asks_for_the_next_token_the_others_go_on_with_theirs(
    identity: Identity, endpoint: IdentityEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint.seconds = 200
    first = identity.token(SCOPES[STORAGE])
    asked, go_on = threading.Event(), threading.Event()
    answer = endpoint.answer

    def slowly(target: str, secret: str) -> tuple[HTTPStatus, dict[str, str]]:
        asked.set()
        go_on.wait(4)
        return answer(target, secret)

    monkeypatch.setattr(endpoint, "answer", slowly)
    endpoint.seconds = 3600
    with ThreadPoolExecutor(1) as thread:
        second = thread.submit(identity.token, SCOPES[STORAGE])
        assert asked.wait(20), "nobody asked for the next token within 20 s"
        try:
            assert identity.token(SCOPES[STORAGE]) == first
            assert not second.done()
        finally:
            go_on.set()
        assert second.result(timeout=20) != first


def test_a_token_that_is_nearly_over_is_used_by_nobody(identity: Identity, endpoint: IdentityEndpoint) -> None:
    endpoint.seconds = 20
    identity.token(SCOPES[STORAGE])
    endpoint.stop()
    with pytest.raises(SignInFailed):
        identity.token(SCOPES[STORAGE])


def test_an_endpoint_that_is_away_is_found_again(
    identity: Identity,
    endpoint: IdentityEndpoint,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endpoint.stop()
    began = time.monotonic()
    with pytest.raises(SignInFailed, match="can't sign in"):
        identity.token(SCOPES[STORAGE])
    assert time.monotonic() - began < 10
    assert "AZURE_CLIENT_ID" in caplog.text
    endpoint.start()
    deadline = time.monotonic() + 20
    while not endpoint.given:
        assert time.monotonic() < deadline, "no token 20 s after the endpoint is back"
        try:
            identity.token(SCOPES[STORAGE])
        except SignInFailed:
            time.sleep(0.05)


def test_an_identity_that_the_app_does_not_have_is_told_of(
    endpoint: IdentityEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = CLIENT.replace("6", "7")
    with pytest.raises(SignInFailed):
        Identity(stranger).token(SCOPES[STORAGE])
    assert f"needs the identity {stranger} assigned" in caplog.text
    assert endpoint.given == []


@pytest.fixture
def laptop(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine outside of Azure, where no `az` is."""
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER"):
        monkeypatch.delenv(name)
    # Where a virtual machine of Azure would ask, so that nobody asks for it outside of this one.
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", CLOSED)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def test_on_a_laptop_kanta_is_whoever_signed_in_with_az(laptop: Path) -> None:
    answer = {"accessToken": "eyJ.az.token", "expires_on": int(time.time() + 3600), "tokenType": "Bearer"}
    az, calls = laptop / "az", laptop / "calls"
    az.write_text(f"#!/bin/sh\necho \"$*\" >> {calls}\necho '{json.dumps(answer)}'\n", encoding="utf-8")
    az.chmod(0o755)
    identity = Identity(None)
    assert {identity.token(SCOPES[DATABASE]) for _ in range(3)} == {"eyJ.az.token"}
    # It takes half a second and more.
    (call,) = calls.read_text(encoding="utf-8").splitlines()
    assert DATABASE in call


def test_whoever_signed_in_nowhere_is_told_how(laptop: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SignInFailed):
        Identity(None).token(SCOPES[STORAGE])
    assert "az login" in caplog.text


def test_who_needs_no_identity_does_not_pay_for_it() -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import kanta_core.services, sys; print(*sys.modules)"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = set(said.stdout.split())
    assert {"kanta_core.identity", "azure.storage.blob"} <= imported
    assert not {"azure.identity", "msal"} & imported
