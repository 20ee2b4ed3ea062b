"""Lost pictures: the part of the sweep that compares the pictures in storage with the faces in the database.

Pictures of nobody go. An image that lacks one is encoded once more, which makes them all anew and leaves its faces
in their people.
"""

from __future__ import annotations

import logging
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from kanta_core.database import events, inventory, outcomes
from kanta_core.services import Services
from kanta_core.storage.listing import Blob
from kanta_core.storage.names import PICTURES, crop_name, thumbnail_name

_log = logging.getLogger(__name__)

# How many pages of listings one sweep reads: 250,000 pictures, 4 s of processor time. Which events it gets to is
# up to chance.
_PAGES = 50


def compare_pictures(services: Services) -> None:
    """Compare the pictures of as many events as there is time for, of most installations all."""
    # The folders first: an event that is created in between is not missed among the events.
    folders = list(services.blobs.top_folders(container=PICTURES))
    with services.database.transaction() as connection:
        there = set(inventory.event_ids(connection))
    for folder in folders:
        if folder not in there:
            _delete_folder(services, folder)
    pages = 0
    for event_id in random.sample(sorted(there), len(there)):
        pages += _compare_event(services, uuid.UUID(event_id))
        if pages >= _PAGES:
            return


def _delete_folder(services: Services, folder: str) -> None:
    for page in services.blobs.pages(prefix=f"{folder}/", container=PICTURES):
        services.blobs.delete_all(page, container=PICTURES)


def _compare_event(services: Services, event_id: uuid.UUID) -> int:
    """Compare stretch by stretch; how many pages were read."""
    since = datetime.now(UTC)
    pages = 0
    after, listed = "", list[Blob]()
    for page in services.blobs.pages(prefix=f"{event_id}/", container=PICTURES):
        pages += 1
        listed += page
        # The pictures of the last photo may go on in the next page.
        folders = [(folder, list(pictures)) for folder, pictures in groupby(listed, key=_folder)]
        if len(folders) > 1:
            upto = folders[-2][0]
            whole = [picture for _, pictures in folders[:-1] for picture in pictures]
            _compare_stretch(services, event_id, whole, after=after, upto=upto, since=since)
            after, listed = upto, folders[-1][1]
    _compare_stretch(services, event_id, listed, after=after, upto=None, since=since)
    return max(pages, 1)


def _compare_stretch(
    services: Services, event_id: uuid.UUID, listed: list[Blob], *, after: str, upto: str | None, since: datetime
) -> None:
    with services.database.transaction() as connection:
        encoded = inventory.encoded(connection, event_id, after=after, upto=upto)
    known = {name for photo in encoded for name in _names(event_id, photo)}
    # Pictures are written before their faces.
    settled = since - timedelta(seconds=services.settings.sweep_grace_seconds)
    nobodys = [blob for blob in listed if blob.name not in known and blob.modified <= settled]
    services.blobs.delete_all(nobodys, container=PICTURES)
    there = {blob.name for blob in listed}
    lacking = [
        photo.sha256
        for photo in encoded
        if photo.last_modified < since
        and not photo.encode_again
        and any(
            services.blobs.look(name, container=PICTURES) is None
            for name in _names(event_id, photo)
            if name not in there
        )
    ]
    if lacking:
        _log.warning("%d photos lack pictures and are encoded once more", len(lacking))
        with services.database.transaction() as connection:
            if events.hold(connection, event_id):
                outcomes.encode_again(connection, event_id, hashes=lacking)


def _names(event_id: uuid.UUID, photo: inventory.Encoded) -> Iterator[str]:
    yield thumbnail_name(event_id, photo.sha256)
    for face in photo.faces:
        yield crop_name(event_id, photo.sha256, face)


def _folder(picture: Blob) -> str:
    return picture.name.split("/")[1]
