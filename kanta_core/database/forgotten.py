"""Faces that were forgotten on their owner's word: what is deleted, and that it does not come back.

What is remembered is where in which bytes a face was. Encoded once more, by whichever encoder, a photo has a box
in about the same place; that face is passed over.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from psycopg.rows import class_row

from kanta_core.database import faces
from kanta_core.database.pool import Connection
from kanta_core.domain.faces import SAME_PLACE, Box, Encoding

# Where faces were forgotten in these bytes.
PLACES = """
    SELECT x, y, width, height FROM forgotten_faces WHERE event_id = %(event_id)s AND sha256 = %(sha256)s
"""

# The faces of these people, and these besides, go; where in which bytes each was is remembered.
DELETE_FACES = """
    WITH gone AS (
        DELETE FROM faces f USING images i
         WHERE f.event_id = %(event_id)s AND (f.cluster_id = ANY(%(cluster_ids)s) OR f.id = ANY(%(face_ids)s))
           AND i.event_id = f.event_id AND i.id = f.image_id
        RETURNING f.id, f.image_id, i.sha256, f.x, f.y, f.width, f.height),
    remembered AS (
        INSERT INTO forgotten_faces (event_id, sha256, x, y, width, height)
        SELECT %(event_id)s, sha256, x, y, width, height FROM gone
        ON CONFLICT DO NOTHING)
    SELECT id, image_id, sha256 FROM gone
"""

# Photos have fewer faces then.
COUNT_ANEW = """
    UPDATE images i
       SET faces = (SELECT count(*) FROM faces f WHERE f.event_id = i.event_id AND f.image_id = i.id),
           last_modified = clock_timestamp()
     WHERE i.event_id = %(event_id)s AND i.id = ANY(%(image_ids)s)
"""

# Every number that leads to one of these people, their own among them.
NUMBERS = """
    SELECT cluster_id FROM people
     WHERE event_id = %(event_id)s AND (cluster_id = ANY(%(cluster_ids)s) OR goes_on_as = ANY(%(cluster_ids)s))
"""

# Statements about nothing but these people and their faces go: names above all.
DELETE_CORRECTIONS = """
    DELETE FROM corrections c
     WHERE c.event_id = %(event_id)s
       AND c.face_ids <@ %(face_ids)s::uuid[]
       AND CASE
           WHEN c.kind IN ('name', 'hide', 'cover', 'one_person') THEN c.cluster_id = ANY(%(numbers)s)
           WHEN c.kind IN ('merge', 'different_people')
           THEN c.other_face_ids <@ %(face_ids)s::uuid[]
                AND (c.cluster_id = ANY(%(numbers)s) OR c.face_ids <> '{}')
                AND (c.other_cluster_id = ANY(%(numbers)s) OR c.other_face_ids <> '{}')
           ELSE true
           END
"""

# Statements about others as well speak of those alone.
TRIM_CORRECTIONS = """
    UPDATE corrections c
       SET face_ids = ARRAY(SELECT f.id FROM unnest(c.face_ids) WITH ORDINALITY AS f (id, place)
                             WHERE f.id <> ALL(%(face_ids)s::uuid[]) ORDER BY f.place),
           other_face_ids = ARRAY(SELECT f.id FROM unnest(c.other_face_ids) WITH ORDINALITY AS f (id, place)
                                   WHERE f.id <> ALL(%(face_ids)s::uuid[]) ORDER BY f.place)
     WHERE c.event_id = %(event_id)s AND (c.face_ids || c.other_face_ids) && %(face_ids)s::uuid[]
"""

# Their numbers go, but for those in whose place the grouping has faces that organisers put elsewhere.
DELETE_PEOPLE = """
    DELETE FROM people p
     WHERE p.event_id = %(event_id)s AND p.cluster_id = ANY(%(numbers)s)
       AND NOT EXISTS (SELECT FROM faces f WHERE f.event_id = p.event_id AND f.grouped_as = p.cluster_id)
"""
TRIM_PEOPLE = """
    UPDATE people SET name = NULL, hidden = false, cover_face_id = NULL, goes_on_as = NULL
     WHERE event_id = %(event_id)s AND cluster_id = ANY(%(numbers)s)
"""

# No guest link knows these faces any more; one that knew no others is nobody's.
DELETE_GUESTS = """
    DELETE FROM guest_people
     WHERE event_id = %(event_id)s AND (cluster_id = ANY(%(numbers)s) OR face_ids <@ %(face_ids)s::uuid[])
"""
TRIM_GUESTS = """
    UPDATE guest_people g
       SET face_ids = ARRAY(SELECT f.id FROM unnest(g.face_ids) WITH ORDINALITY AS f (id, place)
                             WHERE f.id <> ALL(%(face_ids)s::uuid[]) ORDER BY f.place)
     WHERE g.event_id = %(event_id)s AND g.face_ids && %(face_ids)s::uuid[]
"""

# What is kept of it: when, and how much; not what.
RECORD = """
    UPDATE guest_links
       SET erased_at = clock_timestamp(), erased_faces = %(faces)s, erased_people = %(people)s
     WHERE event_id = %(event_id)s AND token_id = %(token_id)s
    RETURNING erased_at, consent_version
"""


@dataclass(frozen=True, slots=True)
class Gone:
    """A face that was deleted, and the image and the bytes it was in."""

    id: uuid.UUID
    image_id: uuid.UUID
    sha256: bytes


def record(
    connection: Connection, event_id: uuid.UUID, token_id: uuid.UUID, *, faces: int, people: int
) -> tuple[datetime, str] | None:
    """Note on a guest link what was forgotten: when that was, and the version of the consent that it ends.

    None when nobody was found with it.
    """
    values = {"event_id": event_id, "token_id": token_id, "faces": faces, "people": people}
    return connection.execute(RECORD, values).fetchone()


def without(
    connection: Connection, event_id: uuid.UUID, image_id: uuid.UUID, sha256: bytes, encoding: Encoding
) -> Encoding:
    """The encoding of these bytes without the faces that are to stay forgotten; itself where there are none.

    A face that the image has and that lies nearer than a forgotten one is another's, and stays.
    """
    values = {"event_id": event_id, "sha256": sha256}
    places = [Box(*place) for place in connection.execute(PLACES, values)]
    if not places:
        return encoding
    there = [face.box for face in faces.of_image(connection, event_id, image_id)]
    kept = tuple(face for face in encoding.faces if not _is_forgotten(face.box, places, there))
    return encoding if len(kept) == len(encoding.faces) else replace(encoding, faces=kept)


def _is_forgotten(box: Box, places: Sequence[Box], there: Sequence[Box]) -> bool:
    forgotten = max(box.overlap(place) for place in places)
    other = max((box.overlap(place) for place in there), default=0.0)
    return forgotten >= SAME_PLACE and forgotten >= other


def forget(
    connection: Connection, event_id: uuid.UUID, cluster_ids: Collection[int], face_ids: Collection[uuid.UUID]
) -> list[Gone]:
    """Delete these people with all their faces, these faces besides, and whatever was stated about them.

    Runs under the event's lock. The caller has the event's people made anew, and deletes the faces' pictures.
    """
    values = {"event_id": event_id, "cluster_ids": list(cluster_ids)}
    numbers = {number for (number,) in connection.execute(NUMBERS, values)} | set(cluster_ids)
    with connection.cursor(row_factory=class_row(Gone)) as cursor:
        gone = cursor.execute(DELETE_FACES, {**values, "face_ids": list(face_ids)}).fetchall()
    connection.execute(COUNT_ANEW, {**values, "image_ids": list({face.image_id for face in gone})})
    about = {"event_id": event_id, "numbers": list(numbers), "face_ids": [face.id for face in gone]}
    for statement in (
        DELETE_CORRECTIONS,
        TRIM_CORRECTIONS,
        DELETE_GUESTS,
        TRIM_GUESTS,
        DELETE_PEOPLE,
        TRIM_PEOPLE,
    ):
        connection.execute(statement, about)
    return gone
