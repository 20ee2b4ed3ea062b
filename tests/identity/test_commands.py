"""What prepares a database and an account signs in as Kanta itself does."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient

from kanta_core.database.migrate.__main__ import main as migrate
from kanta_core.storage.__main__ import main as prepare_storage
from tests.identity.authority import Authority
from tests.identity.endpoint import DATABASE, STORAGE, IdentityEndpoint
from tests.identity.gate import Gate


def test_the_password_is_given_to_no_server_that_the_system_does_not_trust(
    in_the_cloud: None,
    gate: Gate,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(elsewhere).roots))
    assert migrate(["verify"]) == 1
    assert "certificate verify failed" in capsys.readouterr().err
    assert (gate.admitted, gate.refused) == ([], [])


def test_migrations_sign_in_as_well(
    in_the_cloud: None, endpoint: IdentityEndpoint, gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate(["up"]) == 0
    assert migrate(["verify"]) == 0
    # A runner makes one connection, as the next makes another.
    assert len(gate.admitted) == 2
    endpoint.audiences = {DATABASE: STORAGE}
    assert migrate(["status"]) == 1
    said = capsys.readouterr()
    assert "password authentication failed" in said.err
    for _, token in endpoint.given:
        assert token not in said.out + said.err
    endpoint.stop()
    assert migrate(["status"]) == 1
    assert "can't sign in to Azure" in capsys.readouterr().err


def test_an_account_is_prepared_by_the_identity(in_the_cloud: None, endpoint: IdentityEndpoint) -> None:
    assert prepare_storage() == 0
    assert prepare_storage() == 0
    assert {resource for resource, _ in endpoint.given} == {STORAGE}


def test_who_may_not_say_which_pages_write_into_the_account_is_told_so(
    in_the_cloud: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KANTA_PUBLIC_URL", "https://photos.example")
    assert prepare_storage() == 0
    assert capsys.readouterr().err == ""

    def refuse(*_: object, **__: object) -> None:
        refusal = HttpResponseError("AuthorizationPermissionMismatch")
        refusal.status_code = HTTPStatus.FORBIDDEN
        raise refusal

    monkeypatch.setattr(BlobServiceClient, "get_service_properties", refuse)
    assert prepare_storage() == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert "those of https://photos.example" in line
