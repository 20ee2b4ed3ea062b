"""Azure, as far as an identity sees of it. No key and no password is in any setting."""

from __future__ import annotations

import os
import ssl
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from kanta_core.services import Services, build
from kanta_core.settings import Settings, load
from kanta_core.storage.__main__ import main as prepare_storage
from tests.identity.account import Account, SignedInAccounts
from tests.identity.authority import Authority
from tests.identity.endpoint import CLIENT, IdentityEndpoint
from tests.identity.gate import ROLE, Gate

ORGANISER_KEY = "organiser-" + "Kk7." * 8
_OURS = ("KANTA_", "POSTGRES_", "AZURE_", "AzureWebJobs", "PGSSL", "IDENTITY_", "MSI_", "IMDS_")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def endpoint(authority: Authority) -> Iterator[IdentityEndpoint]:
    with IdentityEndpoint(authority) as its:
        yield its


@pytest.fixture(scope="session")
def accounts(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedInAccounts]:
    with SignedInAccounts(tmp_path_factory.mktemp("accounts"), authority) as its:
        yield its


@pytest.fixture
def account(accounts: SignedInAccounts) -> Account:
    return accounts.new()


@pytest.fixture
def gate(database_url: str, authority: Authority) -> Iterator[Gate]:
    with Gate(database_url, authority) as its:
        yield its


@pytest.fixture
def cloud(
    authority: Authority, endpoint: IdentityEndpoint, account: Account, gate: Gate, database_url: str
) -> dict[str, str]:
    """Every setting of the app, as the deployment's template and the platform set them."""
    return {
        **endpoint.environment,
        "SSL_CERT_FILE": str(authority.roots),
        "REQUESTS_CA_BUNDLE": str(authority.roots),
        "AzureWebJobsStorage__blobServiceUri": account.blobs,
        "AzureWebJobsStorage__queueServiceUri": account.queues,
        "AzureWebJobsStorage__credential": "managedidentity",
        "AzureWebJobsStorage__clientId": CLIENT,
        "AZURE_CLIENT_ID": CLIENT,
        "POSTGRES_SERVER": "127.0.0.1",
        "POSTGRES_PORT": str(gate.port),
        "POSTGRES_USER": ROLE,
        "POSTGRES_DB": database_url.rpartition("/")[2],
        "KANTA_DATABASE_SIGN_IN": "identity",
        "KANTA_ORGANISER_KEY": ORGANISER_KEY,
    }


@pytest.fixture
def in_the_cloud(cloud: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process has those settings and no others."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith(_OURS):
            monkeypatch.delenv(name)
    for name, value in cloud.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def signed_in(in_the_cloud: None, endpoint: IdentityEndpoint) -> Iterator[Services]:
    """Kanta's services as those settings make them, in an account that is prepared; they have no token yet."""
    assert prepare_storage() == 0
    endpoint.given.clear()
    with closing(build(load(Settings))) as its:
        yield its


@pytest.fixture
def opened(authority: Authority) -> Callable[[str], bytes]:
    """What anybody gets who follows a link."""
    context = ssl.create_default_context(cafile=str(authority.roots))

    def open_link(link: str) -> bytes:
        with urllib.request.urlopen(link, timeout=20, context=context) as answer:
            return bytes(answer.read())

    return open_link
