"""Settings of an identity: there is one way to each part, and a contradiction stops the start in one sentence."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kanta_core.errors import SettingsError
from kanta_core.settings import DatabaseSettings, Settings, StorageSettings, load

BLOBS = "https://kanta.blob.core.windows.net"
QUEUES = "https://kanta.queue.core.windows.net"
CLIENT = "6d0a5b5e-6b2c-4a44-9a0f-5a7f3c1c9e10"
# As the deployment's template sets them.
CLOUD = {
    # Azure itself writes them with a slash.
    "AzureWebJobsStorage__blobServiceUri": f"{BLOBS}/",
    "AzureWebJobsStorage__queueServiceUri": f"{QUEUES}/",
    "AzureWebJobsStorage__credential": "managedidentity",
    "AzureWebJobsStorage__clientId": CLIENT,
    "AZURE_CLIENT_ID": CLIENT,
    "POSTGRES_SERVER": "kanta.postgres.database.azure.com",
    "POSTGRES_PORT": "6432",
    "POSTGRES_USER": "kanta-identity",
    "POSTGRES_DB": "kanta",
    "KANTA_DATABASE_SIGN_IN": "identity",
    "KANTA_DATABASE_POOLER": "true",
    "KANTA_ORGANISER_KEY": "organiser-" + "Kk7." * 8,
}
CONNECTION = f"DefaultEndpointsProtocol=https;AccountName=kanta;AccountKey={'c2VjcmV0' * 4};"


@pytest.fixture(autouse=True)
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(("KANTA_", "POSTGRES_", "AZURE_", "AzureWebJobs", "PGSSL")):
            monkeypatch.delenv(name)
    for name, value in CLOUD.items():
        monkeypatch.setenv(name, value)


def refused(kind: type[Settings | StorageSettings | DatabaseSettings], *words: str) -> None:
    with pytest.raises(SettingsError) as stopped:
        load(kind).model_dump()
    said = stopped.value.message
    assert "\n" not in said
    assert "c2VjcmV0" not in said
    for word in words:
        assert word in said


def test_the_settings_of_the_cloud_hold_no_secret_but_the_organisers_key() -> None:
    settings = load(Settings)
    assert (settings.blob_service_uri, settings.queue_service_uri) == (BLOBS, QUEUES)
    assert settings.azure_client_id == CLIENT
    assert settings.storage_connection.get_secret_value() == ""
    assert urlsplit(settings.database_url).password is None


def test_the_storage_is_given_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AzureWebJobsStorage", "AZURE_STORAGE_CONNECTION_STRING"):
        with monkeypatch.context() as patched:
            patched.setenv(name, CONNECTION)
            refused(StorageSettings, "twice", "AzureWebJobsStorage__blobServiceUri", name)


def test_the_storage_is_given_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AzureWebJobsStorage__queueServiceUri")
    refused(StorageSettings, "half", "AzureWebJobsStorage__queueServiceUri")
    monkeypatch.delenv("AzureWebJobsStorage__blobServiceUri")
    refused(StorageSettings, "nowhere", "AzureWebJobsStorage__blobServiceUri", "connection string")


@pytest.mark.parametrize(
    "uri", ["http://kanta.blob.core.windows.net", f"{BLOBS}/?sig=c2VjcmV0", "kanta", "https://"]
)
def test_a_token_is_sent_to_no_address_that_is_not_encrypted(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage__blobServiceUri", uri)
    refused(StorageSettings, "AzureWebJobsStorage__blobServiceUri")


def test_kanta_is_one_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_ID", CLIENT.replace("6", "7"))
    refused(StorageSettings, "AZURE_CLIENT_ID", "AzureWebJobsStorage__clientId")
    monkeypatch.delenv("AZURE_CLIENT_ID")
    refused(StorageSettings, "AZURE_CLIENT_ID", "AzureWebJobsStorage__clientId")


def test_the_host_signs_in_as_a_managed_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AzureWebJobsStorage__credential", "workloadidentity")
    refused(StorageSettings, "AzureWebJobsStorage__credential", "managedidentity")


@pytest.mark.parametrize(
    ("name", "value"),
    [("POSTGRES_PASSWORD", "c2VjcmV0"), ("KANTA_DATABASE_URL", "postgresql://kanta:c2VjcmV0@localhost/kanta")],
)
def test_an_identity_has_no_password(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    refused(DatabaseSettings, "KANTA_DATABASE_SIGN_IN=identity", name)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
def test_a_token_goes_to_no_server_that_was_not_verified(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_SSLMODE", mode)
    refused(DatabaseSettings, "KANTA_DATABASE_SIGN_IN=identity", "POSTGRES_SSLMODE=verify-full")


def test_a_server_is_verified_against_the_systems_roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> dict[str, list[str]]:
        return parse_qs(urlsplit(load(DatabaseSettings).database_url).query)

    roots = tmp_path / "roots.pem"
    roots.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    assert asked() == {"sslmode": ["verify-full"], "sslrootcert": [str(roots)]}
    # Where there is no such file, as in older Debians, there is one among the single certificates.
    certificates = tmp_path / "certs"
    certificates.mkdir()
    bundle = certificates / "ca-certificates.crt"
    bundle.touch()
    nowhere = ssl.DefaultVerifyPaths("", str(certificates), "", "", "", "")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: nowhere)
    assert asked() == {"sslmode": ["verify-full"], "sslrootcert": [str(bundle)]}
    bundle.unlink()
    assert asked() == {"sslmode": ["verify-full"], "sslrootcert": ["system"]}
    monkeypatch.setenv("PGSSLROOTCERT", str(roots))
    assert asked() == {"sslmode": ["verify-full"]}


def test_roots_that_a_user_chose_are_theirs_unless_a_token_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked() -> dict[str, list[str]]:
        return parse_qs(urlsplit(load(DatabaseSettings).database_url).query)

    roots, own = tmp_path / "roots.pem", tmp_path / ".postgresql" / "root.crt"
    own.parent.mkdir()
    for file in (roots, own):
        file.touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    monkeypatch.setenv("POSTGRES_SSLMODE", "verify-full")
    assert asked() == {"sslmode": ["verify-full"], "sslrootcert": [str(roots)]}
    monkeypatch.setenv("KANTA_DATABASE_SIGN_IN", "password")
    assert asked() == {"sslmode": ["verify-full"]}
    own.unlink()
    assert asked() == {"sslmode": ["verify-full"], "sslrootcert": [str(roots)]}


def test_how_a_password_is_encrypted_is_libpqs_to_say_unless_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_DATABASE_SIGN_IN", "password")
    monkeypatch.setenv("POSTGRES_PASSWORD", "c2VjcmV0")
    address = "postgresql://kanta-identity:c2VjcmV0@kanta.postgres.database.azure.com:6432/kanta"
    assert load(DatabaseSettings).database_url == address
    monkeypatch.setenv("POSTGRES_SSLMODE", "require")
    assert load(DatabaseSettings).database_url == f"{address}?sslmode=require"
    monkeypatch.setenv("POSTGRES_SSLMODE", "encrypted")
    refused(DatabaseSettings, "POSTGRES_SSLMODE", "verify-full")


def test_a_url_says_itself_how_it_is_encrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KANTA_DATABASE_SIGN_IN", "password")
    monkeypatch.setenv("KANTA_DATABASE_URL", "postgresql://kanta:c2VjcmV0@localhost/kanta")
    assert load(DatabaseSettings).database_url == "postgresql://kanta:c2VjcmV0@localhost/kanta"
    monkeypatch.setenv("POSTGRES_SSLMODE", "verify-full")
    refused(DatabaseSettings, "POSTGRES_SSLMODE", "KANTA_DATABASE_URL")
