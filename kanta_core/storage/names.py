"""The names of everything Kanta keeps in storage. `infra/` and the triggers use the same ones."""

from __future__ import annotations

PHOTOS = "photos"
EVENT_IMAGES = "event-images"

# Blobs to encode that no blob trigger brings: retries, missed blobs, drops taken in.
ENCODE_QUEUE = "kanta-encode"
# Events to recluster.
RECLUSTER_QUEUE = "kanta-recluster"
# Events whose waiting drops were taken in and are to be put on the encode queue.
TAKE_IN_QUEUE = "kanta-take-in"

# Where the Functions host puts what failed five times.
BLOB_POISON_QUEUE = "webjobs-blobtrigger-poison"
ENCODE_POISON_QUEUE = f"{ENCODE_QUEUE}-poison"

CONTAINERS = (PHOTOS, EVENT_IMAGES)
QUEUES = (ENCODE_QUEUE, RECLUSTER_QUEUE, TAKE_IN_QUEUE, BLOB_POISON_QUEUE, ENCODE_POISON_QUEUE)
