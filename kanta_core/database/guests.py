"""Guests: whom a link was made for, and which photos it shows at this moment.

A link keeps people's numbers, each with the stored faces that said who it is. It shows the person a number stands
for now, while at least half of those faces, of those still there, are that person's: when people are split or set
right no link goes where its faces do not go, and two who were made one are shown as one.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import kwargs_row

from kanta_core.database.pool import Connection
from kanta_core.domain.access import Token
from kanta_core.domain.faces import Box

# The people of a link, by the numbers they have now. Hidden ones are shown to nobody, not even to themselves.
_THEIRS = """
    SELECT now.cluster_id
      FROM guest_people g
      LEFT JOIN people p ON p.event_id = g.event_id AND p.cluster_id = g.cluster_id
     CROSS JOIN LATERAL (SELECT coalesce(p.goes_on_as, g.cluster_id) AS cluster_id) now
     CROSS JOIN LATERAL (
            SELECT count(*) AS there, count(*) FILTER (WHERE f.cluster_id = now.cluster_id) AS theirs
              FROM faces f WHERE f.event_id = %(event_id)s AND f.id = ANY(g.face_ids)) said
     WHERE g.event_id = %(event_id)s AND g.token_id = %(token_id)s
       AND said.theirs > 0 AND 2 * said.theirs >= said.there
       AND NOT EXISTS (SELECT FROM people h
                        WHERE h.event_id = g.event_id AND h.cluster_id = now.cluster_id AND h.hidden)
"""

# The photos that show the guest, and for those who see everything all of them.
_PHOTOS = f"""
    WITH own AS MATERIALIZED ({_THEIRS})
    SELECT {{columns}}
      FROM images i JOIN events e ON e.id = i.event_id AND NOT e.erasing
     WHERE i.event_id = %(event_id)s AND i.status = 'encoded'
       AND (i.id IN (SELECT f.image_id FROM faces f
                      WHERE f.event_id = %(event_id)s AND f.cluster_id IN (SELECT cluster_id FROM own))
            OR (%(everyone)s AND e.guests_see = 'everything'))
"""

# How many there are.
COUNT = _PHOTOS.format(columns="count(*)")

# How many of these it shows.
COUNT_OF = COUNT + " AND i.id = ANY(%(image_ids)s)"

# A page of them, the first that came first, and where in each the guest is.
PAGE = (
    _PHOTOS.format(
        columns="""i.event_id, i.id, i.sha256, i.width, i.height, i.taken_at, i.created_at,
           ARRAY(SELECT ARRAY[f.x, f.y, f.width, f.height] FROM faces f
                  WHERE f.event_id = %(event_id)s AND f.image_id = i.id
                    AND f.cluster_id IN (SELECT cluster_id FROM own)
                  ORDER BY f.x, f.y, f.id) AS own_faces"""
    )
    + """
       AND (%(after)s::timestamptz IS NULL OR (i.created_at, i.id) > (%(after)s, %(after_id)s::uuid))
     ORDER BY i.created_at, i.id
     LIMIT %(limit)s
"""
)

# One of them: where it is, and what its bytes are.
ONE = _PHOTOS.format(columns="i.blob_name, i.sha256") + " AND i.id = %(image_id)s"

# Whoever was found, also where nobody is left to be shown.
IS_BOUND = "SELECT FROM guest_links WHERE event_id = %(event_id)s AND token_id = %(token_id)s"

# Whoever has at least half of the faces that said who the guest is, hidden or not, whatever number they have now.
PEOPLE = """
    SELECT DISTINCT said.cluster_id
      FROM (SELECT f.cluster_id, count(*) AS theirs, sum(count(*)) OVER (PARTITION BY g.cluster_id) AS there
              FROM guest_people g JOIN faces f ON f.event_id = g.event_id AND f.id = ANY(g.face_ids)
             WHERE g.event_id = %(event_id)s AND g.token_id = %(token_id)s
             GROUP BY g.cluster_id, f.cluster_id) said
     WHERE said.cluster_id <> -1 AND 2 * said.theirs >= said.there
"""

# The faces that said who the guest is.
FACES = """
    SELECT DISTINCT unnest(face_ids) FROM guest_people WHERE event_id = %(event_id)s AND token_id = %(token_id)s
"""

# What the guest agreed to when the link was made.
INSERT = """
    INSERT INTO guest_links (event_id, token_id, consent_version, consented_at)
    VALUES (%(event_id)s, %(token_id)s, %(consent_version)s, %(consented_at)s)
"""

# One of the people the guest is, and the faces that say so.
INSERT_PERSON = """
    INSERT INTO guest_people (event_id, token_id, cluster_id, face_ids)
    VALUES (%(event_id)s, %(token_id)s, %(cluster_id)s, %(face_ids)s)
"""

# Faces that were found again, in about the same place, go on saying whose they are.
RENAME_FACES = """
    UPDATE guest_people g
       SET face_ids = ARRAY(
               SELECT coalesce(r.now, f.id)
                 FROM unnest(g.face_ids) WITH ORDINALITY AS f (id, place)
                 LEFT JOIN unnest(%(before)s::uuid[], %(now)s::uuid[]) AS r (before, now) ON r.before = f.id
                ORDER BY f.place)
     WHERE g.event_id = %(event_id)s AND g.face_ids && %(before)s::uuid[]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestPhoto:
    """A photo as a guest sees it; `own_faces` are where they are in it. `taken_at` is without a zone."""

    event_id: uuid.UUID
    id: uuid.UUID
    sha256: bytes
    width: int
    height: int
    taken_at: datetime | None
    created_at: datetime
    own_faces: tuple[Box, ...]


def _photo(*, own_faces: Sequence[Sequence[int]], **row: Any) -> GuestPhoto:  # noqa: ANN401 - a row of the database
    return GuestPhoto(own_faces=tuple(Box(*place) for place in own_faces), **row)


def bind(
    connection: Connection,
    token: Token,
    faces_of: Mapping[int, Sequence[uuid.UUID]],
    *,
    consent_version: str,
    consented_at: datetime,
) -> None:
    """Make a new token the link of whoever agreed to this: the people of these numbers, whom these faces show."""
    consent = {"consent_version": consent_version, "consented_at": consented_at}
    connection.execute(INSERT, {**_of(token), **consent})
    for cluster_id, face_ids in faces_of.items():
        person = {"cluster_id": cluster_id, "face_ids": list(face_ids)}
        connection.execute(INSERT_PERSON, {**_of(token), **person})


def rename_faces(connection: Connection, event_id: uuid.UUID, replaced: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Have links speak of the new faces where they spoke of those they replaced; new → old."""
    values = {"event_id": event_id, "before": list(replaced.values()), "now": list(replaced)}
    connection.execute(RENAME_FACES, values)


def count_photos(connection: Connection, token: Token, *, everyone: bool) -> int:
    """How many photos the token shows; of `everyone` only where guests see everything."""
    row: tuple[int] | None = connection.execute(COUNT, {**_of(token), "everyone": everyone}).fetchone()
    assert row is not None
    return row[0]


def shows_all(connection: Connection, token: Token, image_ids: Sequence[uuid.UUID]) -> bool:
    """Whether each of these photos shows the guest, at this moment."""
    values = {**_of(token), "everyone": False, "image_ids": list(image_ids)}
    return connection.execute(COUNT_OF, values).fetchone() == (len(image_ids),)


def page(
    connection: Connection,
    token: Token,
    *,
    everyone: bool,
    limit: int,
    after: tuple[datetime, uuid.UUID] | None,
) -> list[GuestPhoto]:
    """Those of the photos that come after the one that came at this time, with this id; the first first."""
    came, image_id = after or (None, None)
    values = {**_of(token), "everyone": everyone, "limit": limit, "after": came, "after_id": image_id}
    with connection.cursor(row_factory=kwargs_row(_photo)) as cursor:
        return cursor.execute(PAGE, values).fetchall()


def find_photo(connection: Connection, token: Token, image_id: uuid.UUID) -> tuple[str, bytes] | None:
    """The blob of a photo that the token shows, and the hash of its bytes; None for any other."""
    values = {**_of(token), "everyone": True, "image_id": image_id}
    return connection.execute(ONE, values).fetchone()


def is_bound(connection: Connection, token: Token) -> bool:
    """Whether the token was made for somebody who was found."""
    return connection.execute(IS_BOUND, _of(token)).fetchone() is not None


def to_forget(connection: Connection, token: Token) -> tuple[set[int], set[uuid.UUID]]:
    """The numbers of everyone the guest is, shown or not, and the faces that said so, wherever those are."""
    people = {number for (number,) in connection.execute(PEOPLE, _of(token))}
    return people, {face for (face,) in connection.execute(FACES, _of(token))}


def _of(token: Token) -> dict[str, uuid.UUID]:
    return {"event_id": token.event_id, "token_id": token.id}
