"""Read: which version of a blob there is, and which bytes it is made of."""

from __future__ import annotations

import hashlib

from kanta_core.database.claims import Version
from kanta_core.services import Services


def read(services: Services, blob_name: str) -> tuple[Version, bytes | None] | None:
    """The version there is now and its bytes, None for no bytes or more than Kanta takes; None for no photo.

    Bytes that are not read have no hash either: no bytes are not the same bytes as another's, and too many are
    not looked at. Raises BlobChanged when somebody writes the blob meanwhile.
    """
    found = services.blobs.read(blob_name, at_most=services.settings.max_upload_bytes)
    if found is None or found[0].is_folder:
        return None
    blob, data = found
    sha256 = hashlib.sha256(data).digest() if data else None
    return Version(blob.etag, sha256, blob.size, blob.modified), data or None
