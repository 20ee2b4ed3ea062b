"""Lists a container page by page over plain REST: an SDK listing costs several times the processor time.

https://learn.microsoft.com/rest/api/storageservices/list-blobs
"""

import contextlib
import http.client
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote, urlencode, urlsplit

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import ContainerClient, ContainerSasPermissions, generate_container_sas

from devhost import storage
from devhost.journal import ListedBlob

_PAGE = 5000
_TIMEOUT_SECONDS = 60
_VALIDITY = timedelta(hours=6)


class ListingError(Exception):
    """The container could not be listed: the reason, on one line."""


class Lister:
    """Lists one container; use it from one thread at a time."""

    def __init__(self, connection: str, container: str) -> None:
        self._container = ContainerClient.from_connection_string(connection, container, **storage.IMPATIENT)
        self._sas, self._renew = "", datetime.min.replace(tzinfo=UTC)

    def create_container(self) -> None:
        """Makes the container unless it is there."""
        with contextlib.suppress(ResourceExistsError):
            self._container.create_container()

    def pages(self) -> Iterator[list[ListedBlob]]:
        """Every blob, by name, up to 5,000 at a time. Raises ListingError."""
        address = urlsplit(self._container.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=_TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            marker: str | None = ""
            while marker is not None:
                query = {"restype": "container", "comp": "list", "maxresults": _PAGE, "marker": marker}
                try:
                    connection.request(
                        "GET", f"{address.path}?{urlencode(query, quote_via=quote)}&{self._token()}"
                    )
                    answer = connection.getresponse()
                    body = answer.read()
                except (OSError, http.client.HTTPException) as error:
                    raise ListingError(str(error) or type(error).__name__) from error
                if answer.status != http.client.OK:
                    raise ListingError(f"status {answer.status} ({answer.getheader('x-ms-error-code')})")
                blobs, marker = _parse(body)
                yield blobs

    def _token(self) -> str:
        now = datetime.now(UTC)
        if now > self._renew:
            self._renew = now + _VALIDITY / 2
            self._sas = generate_container_sas(
                str(self._container.account_name),
                self._container.container_name,
                account_key=self._container.credential.account_key,
                permission=ContainerSasPermissions(list=True),
                start=now - timedelta(minutes=15),
                expiry=now + _VALIDITY,
            )
        return self._sas


def _parse(body: bytes) -> tuple[list[ListedBlob], str | None]:
    """One page and the marker of the next."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - it comes from the storage the app trusts with everything
    except ET.ParseError as error:
        raise ListingError(f"the listing is no XML: {error}") from error
    return [_blob(each) for each in root.iter("Blob")], root.findtext("NextMarker") or None


def _blob(element: ET.Element) -> ListedBlob:
    name = element.find("Name")
    text = (name.text if name is not None else None) or ""
    # Names that XML can't carry come percent-encoded, and say so.
    if name is not None and name.get("Encoded") == "true":
        text = unquote(text)
    etag = element.findtext("Properties/Etag") or ""
    return ListedBlob(text, etag.strip('"'), element.findtext("Properties/BlobType") or "BlockBlob")
