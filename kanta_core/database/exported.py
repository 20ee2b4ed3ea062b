"""What goes into an export: photos, and faces with whose they are, in the order in which the photos came.

Read in pages, each where the last one ended, so that memory holds a page whatever the event's size. Photos that
come or go meanwhile are in it or not.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from psycopg.rows import class_row

from kanta_core.database.pool import Connection

_AFTER = "(i.created_at, i.id) > (%(after_at)s::timestamptz, %(after_id)s::uuid)"

# Photos whose bytes are known, each of its bytes once, or those of them that show a person.
PHOTOS = f"""
    SELECT i.id, i.blob_name, i.name, i.etag, i.taken_at, i.created_at
      FROM images i JOIN events e ON e.id = i.event_id AND NOT e.erasing
     WHERE i.event_id = %(event_id)s AND {_AFTER}
       AND i.status IN ('pending', 'encoded', 'failed') AND i.etag IS NOT NULL
       AND (%(cluster_id)s::integer IS NULL OR EXISTS (
               SELECT FROM faces f
                WHERE f.event_id = i.event_id AND f.image_id = i.id AND f.cluster_id = %(cluster_id)s))
     ORDER BY i.created_at, i.id
     LIMIT %(limit)s
"""

# Photos with their faces; one row without a face for a photo that has none.
FACES = f"""
    SELECT i.id AS image_uuid, i.name AS photo, i.taken_at, i.created_at, f.id AS face_id, f.cluster_id,
           p.name AS person, coalesce(p.hidden, false) AS hidden, f.x, f.y, f.width, f.height, f.score, f.quality
      FROM (SELECT i.* FROM images i JOIN events e ON e.id = i.event_id AND NOT e.erasing
             WHERE i.event_id = %(event_id)s AND i.status = 'encoded' AND {_AFTER}
             ORDER BY i.created_at, i.id
             LIMIT %(limit)s) i
      LEFT JOIN faces f ON f.event_id = i.event_id AND f.image_id = i.id
           AND (%(cluster_id)s::integer IS NULL OR f.cluster_id = %(cluster_id)s)
      LEFT JOIN people p ON p.event_id = f.event_id AND p.cluster_id = f.cluster_id
     ORDER BY i.created_at, i.id, f.x, f.y, f.id
"""

# The event's people, or one of them, biggest first.
PEOPLE = """
    SELECT f.cluster_id, p.name, coalesce(p.hidden, false) AS hidden, count(*) AS faces,
           count(DISTINCT f.image_id) AS photos
      FROM faces f
      LEFT JOIN people p ON p.event_id = f.event_id AND p.cluster_id = f.cluster_id
     WHERE f.event_id = %(event_id)s AND f.cluster_id > 0
       AND (%(cluster_id)s::integer IS NULL OR f.cluster_id = %(cluster_id)s)
     GROUP BY f.cluster_id, p.name, p.hidden
     ORDER BY count(*) DESC, f.cluster_id
"""


class Photo(NamedTuple):
    """A photo to be written; `etag` is of the version of its blob that the event knows."""

    id: uuid.UUID
    blob_name: str
    name: str
    etag: str
    taken_at: datetime | None
    created_at: datetime


class FaceRow(NamedTuple):
    """A face and its photo; everything from `face_id` on is None for a photo that shows nobody."""

    image_uuid: uuid.UUID
    photo: str
    taken_at: datetime | None
    created_at: datetime
    face_id: uuid.UUID | None
    cluster_id: int | None
    person: str | None
    hidden: bool
    x: int | None
    y: int | None
    width: int | None
    height: int | None
    score: float | None
    quality: float | None


class PersonRow(NamedTuple):
    """A person, and in how many faces and photos."""

    cluster_id: int
    name: str | None
    hidden: bool
    faces: int
    photos: int


def photos(
    connection: Connection, event_id: uuid.UUID, after: tuple[str, str], *, cluster_id: int | None, limit: int
) -> list[Photo]:
    """The next photos after this one (when it came, and its id), of the person or of the whole event."""
    values = {"event_id": event_id, "cluster_id": cluster_id, "limit": limit, **_after(after)}
    with connection.cursor(row_factory=class_row(Photo)) as cursor:
        return cursor.execute(PHOTOS, values).fetchall()


def faces(
    connection: Connection, event_id: uuid.UUID, after: tuple[str, str], *, cluster_id: int | None, limit: int
) -> list[FaceRow]:
    """The faces of so many next photos, each photo with a row at least; none after the last photo."""
    values = {"event_id": event_id, "cluster_id": cluster_id, "limit": limit, **_after(after)}
    with connection.cursor(row_factory=class_row(FaceRow)) as cursor:
        return cursor.execute(FACES, values).fetchall()


def people(connection: Connection, event_id: uuid.UUID, *, cluster_id: int | None) -> list[PersonRow]:
    """The people, biggest first."""
    with connection.cursor(row_factory=class_row(PersonRow)) as cursor:
        return cursor.execute(PEOPLE, {"event_id": event_id, "cluster_id": cluster_id}).fetchall()


def _after(photo: tuple[str, str]) -> dict[str, str]:
    return {"after_at": photo[0], "after_id": photo[1]}
