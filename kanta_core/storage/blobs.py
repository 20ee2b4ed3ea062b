"""Photos as blobs: look, read, write, delete, list, and links that let a browser read one of them for a while."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobClient,
    BlobLeaseClient,
    BlobProperties,
    ContentSettings,
    StorageErrorCode,
)

from kanta_core.errors import BlobChanged, StorageUnavailable
from kanta_core.storage import cors
from kanta_core.storage.account import CHECK_OPTIONS, Account, blob_service, storage_errors
from kanta_core.storage.listing import FOLDER_MARKER, Blob, parse_page
from kanta_core.storage.names import CONTAINERS, EXPORTS, PHOTOS
from kanta_core.storage.signing import Signing
from kanta_core.storage.staging import Staging, commit
from kanta_core.storage.transfer import Transfer

_LISTING_PAGE = 5_000
# Links change this often at most, so that a browser's cache of the photos is of use.
_LINK_STEP = timedelta(minutes=15)
# Looking, writing and deleting wait on the network, not on the processor.
_WORKERS = 8


class Blobs:
    """The blobs of Kanta's containers. StorageUnavailable when the account can't be reached or lacks them."""

    def __init__(self, account: Account, *, link_lifetime: timedelta) -> None:
        self._service = blob_service(account)
        self.signing = Signing(self._service)
        self._transfer = Transfer(self._service)
        self._link_lifetime = link_lifetime
        # Kept, so that a photo with one face does not pay for starting threads. They start when first needed.
        self._workers = ThreadPoolExecutor(_WORKERS, "blobs")

    def create_containers(self) -> None:
        """Create what is missing; what is there stays as it is."""
        for container in CONTAINERS:
            with suppress(ResourceExistsError), storage_errors():
                self._service.create_container(container)

    def allow_pages(self, origins: Sequence[str]) -> bool:
        """Let pages of these origins write where a link lets them. False: others say that for this account."""
        return cors.allow_pages(self._service, origins)

    def check(self) -> None:
        """Raise StorageUnavailable unless the photos' container answers."""
        with storage_errors():
            if not self._service.get_container_client(PHOTOS).exists(**CHECK_OPTIONS):
                raise StorageUnavailable(f"The container {PHOTOS} does not exist.")

    def look(self, name: str, *, container: str = PHOTOS) -> Blob | None:
        """The blob of this name as it is now, None when there is none."""
        try:
            with storage_errors():
                return _blob(self._client(container, name).get_blob_properties())
        except ResourceNotFoundError:
            return None

    def look_all(self, names: Iterable[str]) -> list[Blob | None]:
        """The same of many photos, in their order, several at a time."""
        return list(self._workers.map(self.look, names))

    def read(self, name: str, *, at_most: int) -> tuple[Blob, bytes | None] | None:
        """The photo of this name as it is now with its bytes, None when there is none.

        More bytes than `at_most` are None.
        """
        found = self._transfer.get(PHOTOS, name, at_most=at_most)
        if found is None:
            return None
        headers, data = found
        blob = Blob(
            name=name,
            etag=headers["etag"].strip('"'),
            modified=parsedate_to_datetime(headers["last-modified"]),
            size=int(headers["content-length"]),
            is_folder=headers.get(f"x-ms-meta-{FOLDER_MARKER}", "").lower() == "true",
            traceparent=headers.get("x-ms-meta-traceparent"),
        )
        return blob, data

    def try_out(self) -> None:
        """Write a blob, read it and delete it; StorageUnavailable says that one of these is not to be had.

        One that is left by a kill is an export of nobody, which the sweep deletes.
        """
        name, data = f"health/{uuid.uuid4()}", b"health"
        self._transfer.put(EXPORTS, name, data, content_type="text/plain")
        found = self._transfer.get(EXPORTS, name, at_most=len(data))
        if found is None or found[1] != data or not self.delete(name, container=EXPORTS):
            raise StorageUnavailable("The storage does not keep what it took.")

    def write(
        self,
        container: str,
        name: str,
        data: bytes,
        *,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """Write a new blob; one that is there already is left as it is (names are never used twice)."""
        with suppress(ResourceExistsError), storage_errors():
            self._client(container, name).upload_blob(
                data,
                overwrite=False,
                content_settings=ContentSettings(content_type=content_type),
                metadata=dict(metadata) if metadata else None,
            )

    def write_all(self, container: str, blobs: Mapping[str, bytes], *, content_type: str) -> None:
        """Write these blobs over whatever is there, each as a new version, several at a time.

        The first failure is raised after the others were tried.
        """
        put = partial(self._transfer.put, container, content_type=content_type)
        writing = [self._workers.submit(put, name, data) for name, data in blobs.items()]
        wait(writing)
        for written in writing:
            written.result()

    def stage(self, container: str, name: str, staged: list[str]) -> Staging:
        """What writes the blob block by block, after those blocks, and adds to them the ids of its own."""
        return Staging(self._client(container, name), staged)

    def commit(self, container: str, name: str, block_ids: Sequence[str], *, content_type: str) -> None:
        """Make the blob of these blocks, over whatever is there; BlocksLost when one of them is there no more."""
        commit(self._client(container, name), block_ids, content_type=content_type)

    def delete(self, name: str, *, etag: str | None = None, container: str = PHOTOS) -> bool:
        """Delete a blob and its snapshots, or only this version of it. False: there is none, or none such."""
        client = self._client(container, name)
        delete = partial(client.delete_blob, delete_snapshots="include", **({} if etag is None else _only(etag)))
        try:
            with storage_errors():
                try:
                    delete()
                except HttpResponseError as error:
                    if getattr(error, "error_code", None) != StorageErrorCode.LEASE_ID_MISSING:
                        raise
                    # A link to a large file could take one; nobody keeps a photo by that.
                    BlobLeaseClient(client).break_lease(lease_break_period=0)
                    delete()
        except (ResourceNotFoundError, BlobChanged):
            return False
        return True

    def delete_all(self, versions: Iterable[Blob], *, container: str = PHOTOS) -> int:
        """Delete these versions; how many were there. The first failure is raised after the others were tried."""
        with ThreadPoolExecutor(_WORKERS) as deleters:
            return sum(deleters.map(lambda b: self.delete(b.name, etag=b.etag, container=container), versions))

    def pages(self, *, prefix: str = "", container: str = PHOTOS) -> Iterator[list[Blob]]:
        """Every blob whose name starts with `prefix`, in pages, in storage's own order of names."""
        marker, more = "", True
        while more:
            body = self._transfer.list_page(container, prefix=prefix, marker=marker, most=_LISTING_PAGE)
            page, marker = parse_page(body)
            more = bool(marker)
            yield page

    def top_folders(self, *, container: str = PHOTOS) -> Iterator[str]:
        """The first parts of all names, without their slash."""
        entries = iter(self._service.get_container_client(container).walk_blobs(delimiter="/"))
        while True:
            with storage_errors():
                entry = next(entries, None)
            if entry is None:
                return
            if entry.name.endswith("/"):
                yield entry.name.removesuffix("/")

    def link(self, name: str, *, content_type: str, container: str = PHOTOS, file_name: str | None = None) -> str:
        """A URL that reads this one blob and nothing else, for `link_lifetime`, served as `content_type`.

        With a `file_name` it is saved under that name instead of shown.
        """
        step = _LINK_STEP.total_seconds()
        start = datetime.fromtimestamp(datetime.now(UTC).timestamp() // step * step, UTC)
        until = start + _LINK_STEP + self._link_lifetime
        return self.signing.to_read(container, name, until=until, content_type=content_type, file_name=file_name)

    @property
    def origin(self) -> str:
        """Scheme, host and port of every link: what a page must be let load pictures from."""
        scheme, host, *_ = urlsplit(self._service.url)
        return f"{scheme}://{host}"

    def close(self) -> None:
        self._workers.shutdown()
        self._transfer.close()
        self._service.close()

    def _client(self, container: str, name: str) -> BlobClient:
        return self._service.get_blob_client(container, name)


def _blob(properties: BlobProperties) -> Blob:
    metadata: Mapping[str, str] = properties.metadata or {}
    return Blob(
        name=str(properties.name),
        # Listings give the value bare, single reads in quotes.
        etag=str(properties.etag).strip('"'),
        modified=properties.last_modified,
        size=properties.size,
        is_folder=any(key.lower() == FOLDER_MARKER and metadata[key].lower() == "true" for key in metadata),
    )


def _only(etag: str) -> dict[str, Any]:
    return {"etag": f'"{etag}"', "match_condition": MatchConditions.IfNotModified}
