"""Which pages browsers let write photos straight into the account: Kanta's own, and those that may ask Kanta.

A rule opens nothing by itself: whoever writes needs a link that Kanta signed. An identity that manages no accounts
can't read the rules; then whoever made the account has set them, with the template that made it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import urlsplit

from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobServiceClient, CorsRule

from kanta_core.settings import Settings
from kanta_core.storage.account import storage_errors

_EVERYBODY = "*"
# By these Kanta knows the rule it asked for; with others it would make a second one and leave the first.
_METHODS = ["PUT"]
_HEADERS = ["content-type", "if-none-match", "x-ms-*"]
_LETS_READ = ["retry-after", "x-ms-*"]
# Seconds for which a browser need not ask again before it writes; it asks for each address anew, though.
_MAX_AGE = 3_600
_PORTS = {"http": 80, "https": 443}


def origins_of(settings: Settings) -> tuple[str, ...]:
    """The origins of all pages that may send photos; everybody's on a laptop that stands open and names none."""
    own = () if settings.public_url is None else (_origin(settings.public_url),)
    origins = tuple(dict.fromkeys([*own, *settings.cors_origins]))
    if _EVERYBODY in origins or (not origins and settings.access == "open"):
        return (_EVERYBODY,)
    return origins


def _origin(url: str) -> str:
    """As browsers write it, and storage compares it: no name, no port that goes without saying, no upper case."""
    its = urlsplit(url)
    host = its.hostname or ""
    port = "" if its.port in (None, _PORTS.get(its.scheme)) else f":{its.port}"
    return f"{its.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def allow_pages(service: BlobServiceClient, origins: Sequence[str]) -> bool:
    """Let pages of these origins write blobs; what the account allows besides stays. False: it is not ours to say.

    Nothing is written where nothing is missing, nor where there is no origin: that says nothing about whom others
    let in. StorageUnavailable.
    """
    if not origins:
        return True
    wanted = CorsRule(
        list(origins),
        _METHODS,
        allowed_headers=_HEADERS,
        exposed_headers=_LETS_READ,
        max_age_in_seconds=_MAX_AGE,
    )
    with storage_errors():
        try:
            rules: list[CorsRule] = service.get_service_properties()["cors"]
            # What Kanta asked for before, for whichever origins.
            others = [rule for rule in rules if not _is_ours(rule, wanted)]
            if not _same(rules, [*others, wanted]):
                service.set_service_properties(cors=[*others, wanted])
        except HttpResponseError as error:
            if error.status_code != HTTPStatus.FORBIDDEN:
                raise
            return False
    return True


def _is_ours(rule: CorsRule, wanted: CorsRule) -> bool:
    return _parts(rule)[1:] == _parts(wanted)[1:]


def _same(rules: Iterable[CorsRule], others: Iterable[CorsRule]) -> bool:
    return [_parts(rule) for rule in rules] == [_parts(rule) for rule in others]


def _parts(rule: CorsRule) -> tuple[set[str], ...]:
    lists = (rule.allowed_origins, rule.allowed_methods, rule.allowed_headers, rule.exposed_headers)
    return tuple({each.strip().lower() for each in (text or "").split(",")} - {""} for text in lists)
