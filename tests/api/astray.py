"""Kanta over settings that lead elsewhere, or nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import SecretStr

from kanta_core.api.app import create_app
from kanta_core.services import build
from kanta_core.settings import Settings
from tests.api.client import Api


@contextlib.contextmanager
def serving(settings: Settings, **changes: object) -> Iterator[Api]:
    """An API whose settings were changed, over whatever they lead to."""
    its = build(settings.model_copy(update=changes))
    with contextlib.closing(its), Api(create_app(lambda: its), its) as client:
        yield client


def database_at(port: int, settings: Settings) -> SecretStr:
    """The database's URL, at another port."""
    parts = urlsplit(settings.database_url)
    return SecretStr(parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl())


def storage_at(port: int, settings: Settings) -> SecretStr:
    """The storage's connection string, at another port."""
    connection = settings.storage_connection.get_secret_value()
    there = {urlsplit(part.split("=", 1)[1]).port for part in connection.split(";") if "Endpoint=" in part}
    for known in there:
        connection = connection.replace(f":{known}/", f":{port}/")
    return SecretStr(connection)
