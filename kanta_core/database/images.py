"""Reading images: by id, by blob, by bytes, by page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.records import Image, ImageStatus

# By arrival, or by the time the photo was taken.
Sort = Literal["created", "taken"]

# What readers and the pipeline see of an image. An event that is being erased has none.
_SELECT = """
    SELECT i.id, i.event_id, c.code AS event_code, i.blob_name, i.name, i.etag, i.sha256, i.size,
           i.file_extension, i.width, i.height, i.taken_at, i.encoder, i.faces, i.status::text AS status,
           i.status_reason, i.duplicate_of, i.encode_again, i.created_at, i.last_modified
      FROM images i
      JOIN events e ON e.id = i.event_id AND NOT e.erasing
      JOIN event_codes c ON c.event_id = i.event_id AND c.is_current
"""

# One image by its id.
GET = _SELECT + " WHERE i.id = %(image_id)s"

# The image of a blob.
OF_BLOB = _SELECT + " WHERE i.blob_name = %(blob_name)s"

# The image that holds these bytes in the event.
HOLDER = _SELECT + " WHERE i.event_id = %(event_id)s AND i.sha256 = %(sha256)s AND i.status <> 'duplicate'"

# Which of these bytes an image of the event holds, and in which version of its blob, where that has arrived.
HELD = """
    SELECT sha256, blob_name, etag FROM images
     WHERE event_id = %(event_id)s AND sha256 = ANY(%(digests)s) AND status <> 'duplicate' AND etag IS NOT NULL
"""

# Every image of these bytes in the event, the holder first.
OF_BYTES = (
    _SELECT
    + """
     WHERE i.event_id = %(event_id)s AND i.sha256 = %(sha256)s
     ORDER BY i.status = 'duplicate', i.created_at, i.id
"""
)

# Those of an event that fit every filter.
_FITTING = """
     WHERE i.event_id = %(event_id)s
       AND (%(date_from)s::timestamptz IS NULL OR i.created_at >= %(date_from)s)
       AND (%(date_to)s::timestamptz IS NULL OR i.created_at <= %(date_to)s)
       AND (%(min_faces)s::integer IS NULL OR i.faces >= %(min_faces)s)
       AND (%(max_faces)s::integer IS NULL OR i.faces <= %(max_faces)s)
       AND (%(statuses)s::image_status[] IS NULL OR i.status = ANY(%(statuses)s))
       AND (%(cluster_ids)s::integer[] IS NULL OR EXISTS (
               SELECT FROM faces f
                WHERE f.event_id = %(event_id)s AND f.image_id = i.id AND f.cluster_id = ANY(%(cluster_ids)s)))
"""

# How many those are.
COUNT = "SELECT count(*) FROM images i" + _FITTING

# A page of them: from the beginning, or after a row that is named by what it is sorted by. Two statements, so that
# the one with a row begins there in the index, whatever its plan was made for.
_PAGE = _SELECT + _FITTING + "{after} ORDER BY {order}i.created_at, i.id LIMIT %(limit)s OFFSET %(offset)s"
PAGE = _PAGE.format(after="", order="")
PAGE_AFTER = _PAGE.format(after=" AND (i.created_at, i.id) > (%(after_created)s, %(after_id)s)", order="")
# The same by what the cameras' clocks showed; those that showed nothing last.
PAGE_BY_TAKEN = _PAGE.format(after="", order="i.taken_at, ")
PAGE_BY_TAKEN_AFTER = _PAGE.format(
    after="""
       AND CASE WHEN %(after_taken)s::timestamp IS NULL
                THEN i.taken_at IS NULL AND (i.created_at, i.id) > (%(after_created)s, %(after_id)s)
                ELSE i.taken_at IS NULL
                     OR (i.taken_at, i.created_at, i.id) > (%(after_taken)s, %(after_created)s, %(after_id)s) END
""",
    order="i.taken_at, ",
)
_PAGES: dict[tuple[Sort, bool], str] = {
    ("created", False): PAGE,
    ("created", True): PAGE_AFTER,
    ("taken", False): PAGE_BY_TAKEN,
    ("taken", True): PAGE_BY_TAKEN_AFTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an image is in a list, whichever way it is sorted: also once the image is gone."""

    taken_at: datetime | None
    created_at: datetime
    id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOf:
    """Which images of an event a page shows. None leaves a filter out; bounds are inclusive.

    Those `after` a place, or else from the beginning; then `offset` of them are passed over.
    """

    limit: int
    offset: int = 0
    after: Place | None = None
    sort: Sort = "created"
    date_from: datetime | None = None
    date_to: datetime | None = None
    min_faces: int | None = None
    max_faces: int | None = None
    cluster_ids: Sequence[int] | None = None
    statuses: Sequence[ImageStatus] | None = None


def _image(**values: Any) -> Image:  # noqa: ANN401 - a row of the database, typed by Image
    return Image(**{**values, "status": ImageStatus(values["status"])})


def get(connection: Connection, image_id: uuid.UUID) -> Image | None:
    with connection.cursor(row_factory=kwargs_row(_image)) as cursor:
        return cursor.execute(GET, {"image_id": image_id}).fetchone()


def of_blob(connection: Connection, blob_name: str) -> Image | None:
    with connection.cursor(row_factory=kwargs_row(_image)) as cursor:
        return cursor.execute(OF_BLOB, {"blob_name": blob_name}).fetchone()


def holder(connection: Connection, event_id: uuid.UUID, sha256: bytes) -> Image | None:
    with connection.cursor(row_factory=kwargs_row(_image)) as cursor:
        return cursor.execute(HOLDER, {"event_id": event_id, "sha256": sha256}).fetchone()


def held(connection: Connection, event_id: uuid.UUID, digests: Sequence[bytes]) -> list[tuple[bytes, str, str]]:
    """Those of the digests whose bytes the event has, each with its blob's name and the etag they had there."""
    return connection.execute(HELD, {"event_id": event_id, "digests": list(digests)}).fetchall()


def of_bytes(connection: Connection, event_id: uuid.UUID, sha256: bytes) -> list[Image]:
    with connection.cursor(row_factory=kwargs_row(_image)) as cursor:
        return cursor.execute(OF_BYTES, {"event_id": event_id, "sha256": sha256}).fetchall()


def page(connection: Connection, event_id: uuid.UUID, shown: PageOf) -> list[Image]:
    """A page of the event's images, oldest first, ties by id; by `taken`, ties in the order of their arrival."""
    values = {**_values(event_id, shown), "limit": shown.limit, "offset": shown.offset}
    if shown.after is not None:
        its = shown.after
        values |= {"after_taken": its.taken_at, "after_created": its.created_at, "after_id": its.id}
    with connection.cursor(row_factory=kwargs_row(_image)) as cursor:
        return cursor.execute(_PAGES[shown.sort, shown.after is not None], values).fetchall()


def count(connection: Connection, event_id: uuid.UUID, shown: PageOf) -> int:
    """How many images of the event there are on all pages of this kind together."""
    row: tuple[int] | None = connection.execute(COUNT, _values(event_id, shown)).fetchone()
    assert row is not None
    return row[0]


def _values(event_id: uuid.UUID, shown: PageOf) -> dict[str, object]:
    return {
        "event_id": event_id,
        "date_from": shown.date_from,
        "date_to": shown.date_to,
        "min_faces": shown.min_faces,
        "max_faces": shown.max_faces,
        "cluster_ids": None if shown.cluster_ids is None else list(shown.cluster_ids),
        "statuses": None if shown.statuses is None else [str(status) for status in shown.statuses],
    }
