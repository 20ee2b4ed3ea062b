"""The names of everything Kanta keeps in storage. `infra/` and the triggers use the same ones."""

from __future__ import annotations

import uuid

PHOTOS = "photos"
EVENT_IMAGES = "event-images"
# Thumbnails and faces, JPEG without metadata: what can be shown instead of a photo, which carries place and time.
PICTURES = "pictures"
PICTURE_TYPE = "image/jpeg"
# Of an invitation, beside the events' pictures.
QR_CODE_TYPE = "image/svg+xml"
# Events and people to take away, for a day each: `{event_id}/{export_id}`.
EXPORTS = "exports"

# Blobs to encode that no blob trigger brings: retries, missed blobs, drops taken in.
ENCODE_QUEUE = "kanta-encode"
# Events to recluster.
RECLUSTER_QUEUE = "kanta-recluster"
# Events whose waiting drops were taken in and are to be put on the encode queue.
TAKE_IN_QUEUE = "kanta-take-in"
# Exports to write, or to go on with.
EXPORT_QUEUE = "kanta-export"
# Webhooks that are to be told something.
WEBHOOK_QUEUE = "kanta-webhook"

# Where the Functions host puts what failed five times.
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"
ENCODE_POISON_QUEUE = f"{ENCODE_QUEUE}-poison"
EXPORT_POISON_QUEUE = f"{EXPORT_QUEUE}-poison"

# Where the host puts photos that Event Grid tells of; it is called after the app's AzureFunctionsWebHost__hostid.
# Where it scans by itself there is none.
BLOB_TRIGGER_QUEUE = "azure-webjobs-blobtrigger-kanta-encode"

# Those that Kanta leaves there, for a person to look at: its timers ask for the same work again.
LEFT_QUEUES = tuple(f"{queue}-poison" for queue in (RECLUSTER_QUEUE, TAKE_IN_QUEUE, WEBHOOK_QUEUE))

CONTAINERS = (PHOTOS, EVENT_IMAGES, PICTURES, EXPORTS)
QUEUES = (
    ENCODE_QUEUE,
    RECLUSTER_QUEUE,
    TAKE_IN_QUEUE,
    EXPORT_QUEUE,
    WEBHOOK_QUEUE,
    BLOB_POISON_QUEUE,
    ENCODE_POISON_QUEUE,
    EXPORT_POISON_QUEUE,
)


def pictures_folder(event_id: uuid.UUID, sha256: bytes) -> str:
    """Where the pictures made of these bytes in the event are: like faces, they are the bytes', not an image's."""
    return f"{event_id}/{sha256.hex()}/"


def thumbnail_name(event_id: uuid.UUID, sha256: bytes) -> str:
    return f"{pictures_folder(event_id, sha256)}thumbnail.jpg"


def crop_name(event_id: uuid.UUID, sha256: bytes, face_id: uuid.UUID) -> str:
    return f"{pictures_folder(event_id, sha256)}{face_id}.jpg"
