"""Cursors: where the next page of a list begins, as a short text that means nothing to clients."""

from __future__ import annotations

import base64
import binascii
import uuid
from datetime import UTC, datetime, timedelta

from kanta_core.database.images import Place, Sort
from kanta_core.domain.records import Image
from kanta_core.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME = 8

# When the last row of a page was made, and its id: what comes after it is the next page.
After = tuple[datetime, uuid.UUID]


def cursor_after(place: After) -> str:
    """The text for what comes after this row."""
    created_at, row_id = place
    microseconds = (created_at - _EPOCH) // _MICROSECOND
    return base64.urlsafe_b64encode(microseconds.to_bytes(_TIME, "big", signed=True) + row_id.bytes).decode()


def place_of(cursor: str | None) -> After | None:
    """The row that a cursor comes after; None for the beginning. Invalid for a text that is no cursor."""
    if cursor is None:
        return None
    try:
        packed = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True)
        microseconds = int.from_bytes(packed[:_TIME], "big", signed=True)
        # UUID refuses any other number of bytes.
        return _EPOCH + microseconds * _MICROSECOND, uuid.UUID(bytes=packed[_TIME:])
    except (binascii.Error, ValueError, OverflowError) as error:
        raise Invalid("cursor: take it as it came with the page before.") from error


def cursor_behind(image: Image, *, sort: Sort) -> str:
    """The text for what comes after this image in a list that is sorted so."""
    text = cursor_after((image.created_at, image.id))
    if sort == "created":
        return text
    # What a camera's clock showed has no zone; any will do.
    taken = "" if image.taken_at is None else cursor_after((image.taken_at.replace(tzinfo=UTC), image.id))
    return f"{taken}.{text}"


def place_in_list(cursor: str | None, *, sort: Sort) -> Place | None:
    """The place that a cursor of a list sorted so comes after; Invalid for a text that is none."""
    if cursor is None:
        return None
    taken, dot, created = cursor.rpartition(".") if sort == "taken" else ("", ".", cursor)
    if not dot:
        raise Invalid("cursor: of a list that is sorted otherwise.")
    after, taken_after = place_of(created), place_of(taken or None)
    assert after is not None
    return Place(taken_at=taken_after and taken_after[0].replace(tzinfo=None), created_at=after[0], id=after[1])
