"""Read: which bytes a version of a blob is made of."""

from __future__ import annotations

import hashlib

from kanta_core.database.claims import Version
from kanta_core.services import Services
from kanta_core.storage.blobs import Blob


def read(services: Services, blob: Blob) -> tuple[Version, bytes | None]:
    """The version and its bytes, None for a blob that holds none or more than Kanta takes.

    Such a blob's bytes have no hash either: no bytes are not the same bytes as another's, and too many are not
    looked at. Raises BlobChanged when it is not this version any more.
    """
    readable = 0 < blob.size <= services.settings.max_upload_bytes
    data = services.blobs.read(blob) if readable else None
    sha256 = None if data is None else hashlib.sha256(data).digest()
    return Version(blob.etag, sha256, blob.size, blob.modified), data
