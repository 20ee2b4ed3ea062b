"""Pictures: the thumbnails and faces that are shown instead of photos. They are of a photo's bytes in an event.

They are written before the rows that speak of them and deleted after them, so that what readers are led to is
there. A kill in between leaves pictures of nobody, which the sweep finds, as it finds pictures that are lost.

They carry no metadata. The photo itself does: place, time and camera, to whoever has its link.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from kanta_core.database import images
from kanta_core.domain.faces import Encoding, face_id
from kanta_core.services import Services
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import PICTURE_TYPE, PICTURES, crop_name, pictures_folder, thumbnail_name


def keep_pictures(services: Services, event_id: uuid.UUID, sha256: bytes, encoding: Encoding) -> None:
    """Write every picture of an encoded photo, as new versions of those that are there."""
    pictures = {thumbnail_name(event_id, sha256): encoding.thumbnail}
    for face in encoding.faces:
        pictures[crop_name(event_id, sha256, face_id(event_id, sha256, face.box))] = face.crop
    services.blobs.write_all(PICTURES, pictures, content_type=PICTURE_TYPE)


def forget_pictures(services: Services, event_id: uuid.UUID, sha256: bytes) -> None:
    """Delete the pictures of bytes that no image of the event has any more."""
    # First: whoever takes the bytes up after the question below writes versions that are not among these.
    found = _of(services, event_id, sha256)
    if not found:
        return
    with services.database.transaction() as connection:
        if images.holder(connection, event_id, sha256) is not None:
            return
    services.blobs.delete_all(found, container=PICTURES)


def forget_faces(services: Services, event_id: uuid.UUID, sha256: bytes, faces: Collection[uuid.UUID]) -> None:
    """Delete the pictures of faces that are no longer found in these bytes."""
    if not faces:
        return
    names = {crop_name(event_id, sha256, face) for face in faces}
    gone = [picture for picture in _of(services, event_id, sha256) if picture.name in names]
    services.blobs.delete_all(gone, container=PICTURES)


def _of(services: Services, event_id: uuid.UUID, sha256: bytes) -> list[Blob]:
    pages = services.blobs.pages(prefix=pictures_folder(event_id, sha256), container=PICTURES)
    return [picture for page in pages for picture in page]
