"""The photos of an export as a ZIP, as they came: nothing in it is packed a second time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from datetime import datetime

from kanta_core.database import exported, people
from kanta_core.database.exported import Photo
from kanta_core.domain.file_names import saved_as
from kanta_core.domain.zip_records import Entry, central_header, end_records, local_header
from kanta_core.errors import ImageRefused
from kanta_core.pipeline.exports.writing import Writing

# Few: whatever is decided about photos and people meanwhile counts from the next page on.
_PAGE = 20


def write_photos(writing: Writing) -> Iterator[None]:
    """Write the photos that are not written yet, then the end; pauses after each."""
    progress = writing.progress
    while page := _next(writing):
        for photo in page:
            _write(writing, photo)
            progress.after = (photo.created_at.isoformat(), str(photo.id))
            yield
    end(writing)


def _next(writing: Writing) -> list[Photo]:
    export = writing.export
    with writing.services.database.transaction() as connection:
        number = export.cluster_id
        if number is not None:
            (number,) = people.resolve(connection, export.event_id, [number])
        return exported.photos(connection, export.event_id, writing.progress.after, cluster_id=number, limit=_PAGE)


def _write(writing: Writing, photo: Photo) -> None:
    """Add the photo, unless it is gone, another by now, or none at all."""
    # Pillow's formats, without Pillow.
    from kanta_core.vision.formats import identify  # noqa: PLC0415

    services = writing.services
    found = services.blobs.read(photo.blob_name, at_most=services.settings.max_upload_bytes)
    if found is None or found[1] is None or found[0].etag != photo.etag:
        return
    data = found[1]
    try:
        extension = identify(data).extension
    except ImageRefused:
        return
    moment = photo.taken_at or photo.created_at.replace(tzinfo=None)
    add(writing, data, name=saved_as(photo.name, extension), mark=photo.id.hex[:8], moment=moment)


def add(writing: Writing, data: bytes, *, name: str, mark: str, moment: datetime) -> None:
    """Write one file of the ZIP, under this name if it is free, else with the mark."""
    name = writing.names.take(name, mark=mark)
    entry = Entry(name, len(data), zlib.crc32(data), moment, writing.progress.position)
    writing.write(local_header(entry))
    writing.write(data)
    writing.write_directory(central_header(entry))
    writing.progress.entries += 1
    writing.progress.photos += 1


def end(writing: Writing) -> None:
    """Write what ends the ZIP."""
    progress = writing.progress
    offset, size = progress.position, progress.directory_size
    writing.write_directory(end_records(progress.entries, directory_offset=offset, directory_size=size))
