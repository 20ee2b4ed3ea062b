"""A guest's own photos as a ZIP, without what they tell of camera, place and owner.

Whether a photo is theirs is asked again for each of them, a moment before it is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from kanta_core.database import guests, tokens
from kanta_core.database.guests import GuestPhoto
from kanta_core.domain.access import Token
from kanta_core.errors import ImageNotFound, ImageRefused
from kanta_core.pipeline.exports.photos import add, end
from kanta_core.pipeline.exports.writing import Writing
from kanta_core.pipeline.guests.links import read_photo

_PAGE = 20


def write_own_photos(writing: Writing) -> Iterator[None]:
    """Write the photos that are not written yet, then the end; pauses after each."""
    token_id = writing.export.token_id
    assert token_id is not None
    with writing.services.database.transaction() as connection:
        token = tokens.get(connection, token_id)
    # Revoked a moment ago, it has nothing more to show; nobody will fetch what is written.
    while token is not None and (page := _next(writing, token)):
        for photo in page:
            _write(writing, token, photo)
            writing.progress.after = (photo.created_at.isoformat(), str(photo.id))
            yield
    end(writing)


def _next(writing: Writing, token: Token) -> list[GuestPhoto]:
    came, image_id = writing.progress.after
    after = None if came == "-infinity" else (datetime.fromisoformat(came), UUID(image_id))
    with writing.services.database.transaction() as connection:
        return guests.page(connection, token, everyone=False, limit=_PAGE, after=after)


def _write(writing: Writing, token: Token, photo: GuestPhoto) -> None:
    """Add the photo, unless it is the guest's no more, or can't be shown without what it tells."""
    try:
        stripped = read_photo(writing.services, token, photo.id, turn=writing.services.turn)
    except (ImageNotFound, ImageRefused):
        return
    # What others called it is not the guest's to know.
    moment = photo.taken_at or photo.created_at.replace(tzinfo=None)
    name = f"{moment:%Y-%m-%d %H.%M.%S}.{stripped.format.extension}"
    add(writing, stripped.data, name=name, mark=photo.id.hex[:8], moment=moment)
    writing.progress.shown.append(str(photo.id))
