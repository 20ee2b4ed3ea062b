"""Upload: a photo that came over HTTP becomes a pending image and a blob.

May you, how big, what is it, is it whole, is it here already, store: in that order, so that a refusal has
stored nothing. The row comes first and the blob second: a kill in between leaves a pending row that the same
upload completes and the sweep removes.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kanta_core import telemetry
from kanta_core.database import arrivals, events, images
from kanta_core.domain.records import Image
from kanta_core.errors import BlobChanged, EventNotFound, ImageTooLarge, UploadOvertaken
from kanta_core.pipeline.photos.claim import claim
from kanta_core.pipeline.photos.read import is_current, read
from kanta_core.pipeline.photos.remove import forget_blob
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS

if TYPE_CHECKING:
    from kanta_core.vision.formats import Format

_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The image that holds the bytes, and whether this upload brought them."""

    image: Image
    new: bool


def upload(services: Services, code: str, data: bytes, *, file_name: str | None) -> Uploaded:
    """Keep the photo `data` for the event `code`; EventNotFound or an ImageRefused says why not.

    The same bytes again give the image that holds them. `file_name` is what people will know the photo by.
    """
    with telemetry.span("upload", bytes=len(data)) as span:
        uploaded = _upload(services, code, data, file_name=file_name)
        span.note(event=uploaded.image.event_id, image=uploaded.image.id, new=uploaded.new)
        return uploaded


def _upload(services: Services, code: str, data: bytes, *, file_name: str | None) -> Uploaded:
    from kanta_core.vision.decode import check  # noqa: PLC0415 - Pillow is for those who upload

    with services.database.transaction() as connection:
        events.resolve(connection, code)
    if len(data) > services.settings.max_upload_bytes:
        raise ImageTooLarge
    format_ = check(data, max_pixels=services.settings.max_pixels)
    name = shown_name(file_name)
    uploaded = _insert(services, code, data, format_, name)
    if uploaded.image.etag is not None and not is_current(services, uploaded.image):
        _notice(services, uploaded.image)
        uploaded = _insert(services, code, data, format_, name)
    if uploaded.image.etag is None:
        # New, or left without its blob by an upload that was cut off.
        services.blobs.write(
            PHOTOS,
            uploaded.image.blob_name,
            data,
            content_type=format_.content_type,
            metadata=telemetry.carrier(),
        )
        _confirm(services, uploaded.image)
    return uploaded


def _insert(services: Services, code: str, data: bytes, format_: Format, name: str) -> Uploaded:
    sha256 = hashlib.sha256(data).digest()
    image_id = uuid.uuid4()
    with services.database.transaction() as connection:
        event_id, current_code = events.hold_code(connection, code)
        new = arrivals.insert_upload(
            connection,
            image_id=image_id,
            event_id=event_id,
            blob_name=f"{current_code}/{image_id}.{format_.extension}",
            name=name or f"{image_id}.{format_.extension}",
            sha256=sha256,
            size=len(data),
            file_extension=format_.extension,
        )
        image = images.holder(connection, event_id, sha256)
    assert image is not None
    return Uploaded(image, new)


def _notice(services: Services, image: Image) -> None:
    """Whoever deleted or overwrote the blob did so to its image, although nobody has noticed yet."""
    try:
        found = read(services, image.blob_name)
        if found is None:
            forget_blob(services, image.blob_name)
        else:
            # What is in it now is encoded by the delivery that is on its way.
            claim(services, image.blob_name, found.version, known=image)
    except BlobChanged as error:
        raise UploadOvertaken from error


def _confirm(services: Services, image: Image) -> None:
    # The image may have been deleted, or its event, while the blob was on its way.
    with services.database.transaction() as connection:
        event = events.get(connection, image.event_id)
        kept = images.get(connection, image.id)
    if kept is None:
        services.blobs.delete(image.blob_name)
        raise EventNotFound if event is None else UploadOvertaken


def shown_name(file_name: str | None) -> str:
    """What a photo is called that came under this name: one line, no folders, "" where nothing of it is left."""
    # Browsers send a bare name, some clients a path; a control character has no place in a list of names.
    bare = (file_name or "").replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in bare if c.isprintable() and not "\ud800" <= c <= "\udfff")[:_NAME_LENGTH].strip()
