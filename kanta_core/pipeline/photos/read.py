"""Read: which version of a blob there is, and which bytes it is made of."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from kanta_core.database.claims import Version
from kanta_core.domain.records import Image
from kanta_core.services import Services


class Read(NamedTuple):
    """What was read: `data` is None for no bytes, or more than Kanta takes."""

    version: Version
    data: bytes | None
    # The trace of whoever wrote it, where they left it.
    traceparent: str | None


def read(services: Services, blob_name: str) -> Read | None:
    """The version there is now and its bytes; None for no photo.

    Bytes that are not read have no hash either: no bytes are not the same bytes as another's, and too many are
    not looked at. Raises BlobChanged when somebody writes the blob meanwhile.
    """
    found = services.blobs.read(blob_name, at_most=services.settings.max_upload_bytes)
    if found is None or found[0].is_folder:
        return None
    blob, data = found
    sha256 = hashlib.sha256(data).digest() if data else None
    return Read(Version(blob.etag, sha256, blob.size, blob.modified), data or None, blob.traceparent)


def is_current(services: Services, image: Image) -> bool:
    """Whether the image's blob is there, in the version that the image is of."""
    blob = services.blobs.look(image.blob_name)
    return blob is not None and blob.etag == image.etag
