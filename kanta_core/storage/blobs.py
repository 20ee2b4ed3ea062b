"""Photos as blobs: read, write, delete, list, and links that let a browser read one of them for a while."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobClient,
    BlobSasPermissions,
    BlobServiceClient,
    ContentSettings,
    generate_blob_sas,
)

from kanta_core.errors import StorageUnavailable
from kanta_core.storage.account import BLOB_OPTIONS, storage_errors
from kanta_core.storage.names import CONTAINERS, PHOTOS

# Set by HTTP uploads: which event the blob was written for, so that one left over by a killed upload is not
# taken for a drop when its event's code is used again.
EVENT_ID = "kanta_event_id"
_FOLDER_MARKER = "hdi_isfolder"
_LISTING_PAGE = 5_000
# Links change this often at most, so that a browser's cache of the photos is of use.
_LINK_STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class BlobContent:
    """A blob as it was read: one version. `data` is None when it is larger than the reader takes."""

    data: bytes | None
    size: int
    etag: str
    modified: datetime
    metadata: Mapping[str, str]

    @property
    def is_folder(self) -> bool:
        return self.metadata.get(_FOLDER_MARKER, "").lower() == "true"


@dataclass(frozen=True, slots=True)
class ListedBlob:
    """A blob as a listing shows it."""

    name: str
    etag: str
    modified: datetime
    is_folder: bool


class Blobs:
    """The blobs of Kanta's containers. Raises StorageUnavailable when the account can't be reached."""

    def __init__(self, connection_string: str, *, link_lifetime: timedelta) -> None:
        self._service = BlobServiceClient.from_connection_string(connection_string, **BLOB_OPTIONS)
        self._link_lifetime = link_lifetime

    def create_containers(self) -> None:
        """Create what is missing; what is there stays as it is."""
        for container in CONTAINERS:
            with storage_errors():
                if not self._service.get_container_client(container).exists():
                    self._service.create_container(container)

    def check(self) -> None:
        """Raise StorageUnavailable unless the photos' container answers."""
        with storage_errors():
            if not self._service.get_container_client(PHOTOS).exists(timeout=3, retry_total=0):
                raise StorageUnavailable(f"The container {PHOTOS} does not exist.")

    def read(self, name: str, *, limit: int) -> BlobContent | None:
        """The photo of this name as it is now, None when there is none. BlobChanged: it changed meanwhile."""
        try:
            with storage_errors():
                download = self._blob(PHOTOS, name).download_blob()
                properties = download.properties
                return BlobContent(
                    data=download.readall() if properties.size <= limit else None,
                    size=properties.size,
                    etag=_bare(properties.etag),
                    modified=properties.last_modified,
                    metadata=properties.metadata or {},
                )
        except ResourceNotFoundError:
            return None

    def etag(self, name: str) -> str | None:
        """The version of the photo's blob, None when there is none."""
        try:
            with storage_errors():
                return _bare(self._blob(PHOTOS, name).get_blob_properties().etag)
        except ResourceNotFoundError:
            return None

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
        try:
            with storage_errors():
                self._blob(container, name).upload_blob(
                    data,
                    overwrite=False,
                    content_settings=ContentSettings(content_type=content_type),
                    metadata=dict(metadata or {}),
                )
        except StorageUnavailable as error:
            if not isinstance(error.__cause__, ResourceExistsError):
                raise

    def delete(self, name: str, *, container: str = PHOTOS) -> None:
        """Delete a blob and its snapshots; it may be gone already."""
        try:
            with storage_errors():
                self._blob(container, name).delete_blob(delete_snapshots="include")
        except ResourceNotFoundError:
            pass

    def pages(self, *, prefix: str = "") -> Iterator[list[ListedBlob]]:
        """Every photo blob whose name starts with `prefix`, in pages, ordered by name."""
        container = self._service.get_container_client(PHOTOS)
        try:
            with storage_errors():
                listing = container.list_blobs(
                    name_starts_with=prefix or None, include=["metadata"], results_per_page=_LISTING_PAGE
                )
                for page in listing.by_page():
                    yield [
                        ListedBlob(
                            name=blob.name,
                            etag=_bare(blob.etag),
                            modified=blob.last_modified,
                            is_folder=(blob.metadata or {}).get(_FOLDER_MARKER, "").lower() == "true",
                        )
                        for blob in page
                    ]
        except ResourceNotFoundError:
            return

    def top_folders(self) -> Iterator[str]:
        """The first parts of all names, without their slash."""
        container = self._service.get_container_client(PHOTOS)
        with storage_errors():
            for entry in container.walk_blobs(delimiter="/"):
                if entry.name.endswith("/"):
                    yield entry.name.removesuffix("/")

    def link(self, name: str, *, content_type: str, container: str = PHOTOS) -> str:
        """A URL that reads this one blob and nothing else, for `link_lifetime`, served as `content_type`."""
        step = _LINK_STEP.total_seconds()
        start = datetime.fromtimestamp(datetime.now(UTC).timestamp() // step * step, UTC)
        token = generate_blob_sas(
            account_name=str(self._service.account_name),
            container_name=container,
            blob_name=name,
            account_key=self._service.credential.account_key,
            permission=BlobSasPermissions(read=True),
            expiry=start + _LINK_STEP + self._link_lifetime,
            content_type=content_type,
        )
        return f"{self._blob(container, name).url}?{token}"

    def close(self) -> None:
        self._service.close()

    def _blob(self, container: str, name: str) -> BlobClient:
        return self._service.get_blob_client(container, name)


def _bare(etag: str) -> str:
    # Listings give the value bare, single reads in quotes.
    return etag.strip('"')
