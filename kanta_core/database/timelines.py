"""When an event's photos were taken, and how many faces they show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from kanta_core.database.pool import Connection

# By the cameras' clocks where they tell for most of the photos, else by when they arrived. A clock that nobody
# ever set stretches the time over decades: what is far from the middle is counted, and left out. The middle is
# worked out once, not for each photo.
BARS = """
    WITH told AS (
        SELECT 2 * count(taken_at) > count(*) AS by_camera
          FROM images WHERE event_id = %(event_id)s AND status = 'encoded'),
    moments AS (
        SELECT CASE WHEN told.by_camera THEN i.taken_at ELSE i.created_at AT TIME ZONE 'UTC' END AS at, i.faces
          FROM images i, told
         WHERE i.event_id = %(event_id)s AND i.status = 'encoded'),
    middle AS MATERIALIZED (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY at) AS at FROM moments),
    near AS (
        SELECT m.at, m.faces FROM moments m, middle
         WHERE m.at BETWEEN middle.at - %(reach)s::interval AND middle.at + %(reach)s::interval),
    span AS (SELECT min(at) AS first, max(at) - min(at) AS length, count(*) AS many FROM near),
    pace AS (
        SELECT coalesce(
            (SELECT min(step) FROM unnest(%(steps)s::interval[]) AS step, span
              WHERE step * %(most)s::integer >= span.length), %(longest)s::interval) AS step)
    SELECT told.by_camera, pace.step, (SELECT count(*) FROM moments) - span.many AS elsewhere, bars.*
      FROM told, pace, span
      LEFT JOIN LATERAL (
          SELECT date_bin(pace.step, near.at, date_trunc('day', span.first)) AS at,
                 count(*) AS photos, sum(near.faces)::bigint AS faces
            FROM near GROUP BY 1) AS bars ON true
     ORDER BY bars.at
"""
# An event is over within weeks.
_REACH = timedelta(days=45)
_MOST = 60
_STEPS = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
]
_LONGEST = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: when it begins, without a zone, and the photos of it with the faces they show."""

    at: datetime
    photos: int
    faces: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """`bars` are those with photos, each `step` long. `elsewhere` photos are more than weeks away from the others.

    The times are the cameras' own, or those of arrival, in UTC.
    """

    by_camera: bool
    step: timedelta
    elsewhere: int
    bars: tuple[Bar, ...]


def timeline(connection: Connection, event_id: uuid.UUID) -> Timeline:
    """The event's encoded photos over time, in 61 bars at most."""
    given = {"event_id": event_id, "reach": _REACH, "steps": _STEPS, "most": _MOST, "longest": _LONGEST}
    rows = connection.execute(BARS, given).fetchall()
    by_camera, step, elsewhere = rows[0][:3]
    bars = tuple(Bar(at, photos, faces) for _, _, _, at, photos, faces in rows if at is not None)
    return Timeline(bool(by_camera), step, elsewhere, bars)
