"""Timelines: photos and faces counted by the stretch of time in which they were taken."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from kanta_core.database.timelines import timeline
from kanta_core.services import Services

START = datetime(2026, 5, 1, 14, 7)  # noqa: DTZ001 - a camera's clock


@pytest.fixture
def event_id(services: Services) -> uuid.UUID:
    with services.database.transaction() as connection:
        row = connection.execute("INSERT INTO events DEFAULT VALUES RETURNING id").fetchone()
    assert row is not None
    return uuid.UUID(str(row[0]))


def add(services: Services, event_id: uuid.UUID, taken: Sequence[datetime | None], *, faces: int = 2) -> None:
    with services.database.transaction() as connection:
        for at in taken:
            its = uuid.uuid4()
            connection.execute(
                """INSERT INTO images (event_id, blob_name, name, sha256, width, height, encoder, faces, status,
                                       taken_at, created_at)
                   VALUES (%s, %s, 'a', %s, 1, 1, 'e', %s, 'encoded', %s, %s)""",
                (event_id, str(its), its.bytes * 2, faces, at, datetime(2026, 5, 2, 9, 30, tzinfo=UTC)),
            )


def test_photos_are_counted_by_the_cameras_clock_in_steps_that_fit_the_event(
    services: Services, event_id: uuid.UUID
) -> None:
    add(services, event_id, [START, START + timedelta(minutes=20), START + timedelta(hours=9)])
    with services.database.transaction() as connection:
        found = timeline(connection, event_id)
    assert (found.by_camera, found.step, found.elsewhere) == (True, timedelta(minutes=15), 0)
    assert [(bar.at.strftime("%H:%M"), bar.photos, bar.faces) for bar in found.bars] == [
        ("14:00", 1, 2),
        ("14:15", 1, 2),
        ("23:00", 1, 2),
    ]


def test_a_camera_whose_clock_was_never_set_leaves_the_others_as_they_are(
    services: Services, event_id: uuid.UUID
) -> None:
    never_set = START.replace(year=2000)
    add(services, event_id, [never_set, START, START + timedelta(hours=1), START + timedelta(hours=2)])
    with services.database.transaction() as connection:
        found = timeline(connection, event_id)
    assert (found.elsewhere, sum(bar.photos for bar in found.bars)) == (1, 3)
    assert found.step == timedelta(minutes=5)


def test_photos_that_tell_no_time_are_counted_by_when_they_came(services: Services, event_id: uuid.UUID) -> None:
    add(services, event_id, [None, None, START])
    with services.database.transaction() as connection:
        found = timeline(connection, event_id)
    assert (found.by_camera, found.step) == (False, timedelta(minutes=1))
    assert [(bar.at.isoformat(), bar.photos) for bar in found.bars] == [("2026-05-02T09:30:00", 3)]


def test_an_event_without_photos_has_no_bars(services: Services, event_id: uuid.UUID) -> None:
    with services.database.transaction() as connection:
        assert timeline(connection, event_id).bars == ()


def test_tens_of_thousands_of_photos_are_counted_in_a_moment(services: Services, event_id: uuid.UUID) -> None:
    with services.database.transaction() as connection:
        connection.execute(
            """INSERT INTO images (event_id, blob_name, name, sha256, width, height, encoder, faces, status,
                                   taken_at)
               SELECT %s, i::text, 'a', sha256(i::text::bytea), 1, 1, 'e', 3, 'encoded',
                      timestamp '2026-05-01 14:00' + i * interval '1 second'
                 FROM generate_series(1, 20000) AS i""",
            (event_id,),
        )
        # What grows with the square of them would take minutes.
        connection.execute("SET LOCAL statement_timeout = '3s'")
        found = timeline(connection, event_id)
    assert sum(bar.faces for bar in found.bars) == 60_000
    assert len(found.bars) <= 61
