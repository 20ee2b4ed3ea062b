"""Upload tickets: photos go straight to storage, past the HTTP function, and are taken in like any other drop.

A ticket writes and does nothing else: it reads, lists and deletes nothing, and overwrites nothing but the large
file it was made for, which goes in blocks. Storage's links are for one blob or for a whole container, not for a
folder; so whoever has a token is given a link for each file, and only the organiser, whose all events are, one for
as many as azcopy finds. What has been given out can't be taken back: it expires.

Whoever tells a file's digest is told whether the event has its bytes, as by an upload over HTTP, and need not send
them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kanta_core import telemetry
from kanta_core.database import audit, events, images
from kanta_core.domain.access import Caller
from kanta_core.domain.audit import Action
from kanta_core.domain.drops import is_litter, ticket_folder
from kanta_core.errors import EventNotFound, ImageTooLarge, Invalid, ScopeMissing
from kanta_core.pipeline.photos.upload import shown_name
from kanta_core.services import Services
from kanta_core.storage.names import PHOTOS

_NAMELESS = "photo"
_MEBIBYTE = 2**20
# What is larger goes in blocks: a lost connection then costs one of them.
_LARGE = 16 * _MEBIBYTE
_BLOCK_BYTES = 4 * _MEBIBYTE


@dataclass(frozen=True, slots=True)
class File:
    """A file somebody is about to send; `size` in bytes, and the SHA-256 of them, None where it isn't known."""

    name: str
    size: int | None
    sha256: bytes | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a file goes: `url` takes it once, with one PUT or in blocks of `block_bytes`.

    `there`: the event has these bytes, and nothing need be sent.
    """

    name: str
    blob_name: str
    url: str
    block_bytes: int | None
    there: bool


@dataclass(frozen=True, slots=True)
class UploadTicket:
    """Links that let in photos under `prefix`; `url` and the command are for any number of them, or None.

    With the `metadata` on its blob a photo's encoding goes on with the trace that the ticket was made in.
    """

    prefix: str
    expires_at: datetime
    places: tuple[Place, ...]
    metadata: Mapping[str, str]
    url: str | None
    azcopy: str | None


def make_ticket(services: Services, caller: Caller, code: str, files: Sequence[File] | None) -> UploadTicket:
    """A ticket for these files, or for any number where `files` is None, which is the organiser's alone.

    EventNotFound, ScopeMissing, StorageUnavailable; ImageTooLarge for a file that Kanta would not take, Invalid
    for a name that it would pass over.
    """
    until = datetime.now(UTC) + timedelta(minutes=services.settings.upload_ticket_minutes)
    if caller.token is not None:
        until = min(until, caller.token.expires_at)
        if files is None:
            raise ScopeMissing("Only the organiser gets a link for any number of photos; name the files.")
    with services.database.transaction() as connection:
        event = events.find(connection, code)
        if event is None:
            raise EventNotFound
        prefix = f"{event.code}/{ticket_folder()}"
        if files is None:
            audit.note(connection, event.id, Action.TICKET_MADE, prefix)
        digests = [file.sha256 for file in files or () if file.sha256 is not None]
        names = [] if files is None else _names(files, most_bytes=services.settings.max_upload_bytes)
        held = images.held(connection, event.id, digests) if digests else []
    # Whoever deleted or overwrote a blob did so to its image, although nobody may have noticed yet.
    blobs = services.blobs.look_all([blob_name for _, blob_name, _ in held])
    there = {sha256 for (sha256, _, etag), blob in zip(held, blobs, strict=True) if blob and blob.etag == etag}
    sign = services.blobs.signing

    def place(name: str, file: File) -> Place:
        large = file.size is not None and file.size > _LARGE
        return Place(
            name=name,
            blob_name=prefix + name,
            url=sign.to_create(PHOTOS, prefix + name, until=until, in_blocks=large),
            block_bytes=_BLOCK_BYTES if large else None,
            there=file.sha256 in there,
        )

    places = tuple(map(place, names, files or ()))
    url = sign.to_create_any(PHOTOS, prefix, until=until) if files is None else None
    trace = telemetry.carrier()
    return UploadTicket(
        prefix, until, places, trace, url, url and _azcopy(url, services.settings.max_upload_bytes)
    )


def _names(files: Sequence[File], *, most_bytes: int) -> list[str]:
    """The files' names as those of blobs, each once: cameras call everything image.jpg."""
    names: dict[str, None] = {}
    for number, file in enumerate(files):
        if file.size is not None and file.size > most_bytes:
            raise ImageTooLarge(f"The file {number + 1} of {len(files)} is larger than Kanta takes.")
        given = shown_name(file.name)
        if is_litter(given):
            raise Invalid(f"files.{number}.name: what desktops leave behind is no photo.")
        # Storage takes a dot or a space at an end for a mistake.
        name = given.strip(". ") or _NAMELESS
        stem, dot, extension = name.rpartition(".")
        copies = 1
        while name in names:
            copies += 1
            name = f"{stem} ({copies}).{extension}" if dot else f"{extension} ({copies})"
        names[name] = None
    return list(names)


def _azcopy(url: str, most_bytes: int) -> str:
    # One request a photo: what is sent in blocks has to be allowed to overwrite. Afterwards azcopy would read how
    # long each is, which the link does not let it.
    return (
        f'azcopy copy "<folder>/*" "{url}" --recursive --check-length=false '
        f"--block-size-mb={math.ceil(most_bytes / _MEBIBYTE)}"
    )
