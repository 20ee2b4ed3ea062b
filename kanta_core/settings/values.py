"""The kinds of values that settings take, and what is no value of a kind."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode

_SHORTEST_KEY = 32
_ORIGIN = re.compile(r"\*|https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE | re.ASCII)


def _six_fields(schedule: str) -> str:
    if len(schedule.split()) != 6:  # noqa: PLR2004 - the number is the rule
        raise ValueError("a schedule has six fields: second minute hour day month weekday")
    return schedule


def _key(key: SecretStr) -> SecretStr:
    text = key.get_secret_value()
    if len(text) < _SHORTEST_KEY or not (text.isascii() and text.isprintable() and " " not in text):
        raise ValueError(f"a key has {_SHORTEST_KEY} or more visible ASCII characters and no space")
    return key


def _address(url: str) -> str:
    its = urlsplit(url)
    if its.scheme not in ("http", "https") or not its.hostname or its.port == 0 or its.query or its.fragment:
        raise ValueError("an address begins with http:// or https:// and a host, and ends with the path, if any")
    return url.rstrip("/")


def _secure_address(url: str) -> str:
    its = urlsplit(_address(url))
    if its.scheme != "https" or its.username is not None:
        raise ValueError("an address that a token is sent to begins with https:// and a host")
    return its.geturl()


def _origin(text: str) -> str:
    text = text.strip().rstrip("/")
    if not _ORIGIN.fullmatch(text):
        raise ValueError("an origin is a scheme and a host, as in https://photos.example, or * for all")
    return text.lower()


def _split(given: object) -> object:
    return given.split(",") if isinstance(given, str) else given


Schedule = Annotated[str, AfterValidator(_six_fields)]
Key = Annotated[SecretStr, AfterValidator(_key)]
Address = Annotated[str, AfterValidator(_address)]
SecureAddress = Annotated[str, AfterValidator(_secure_address)]
# Separated by commas.
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_split)]
