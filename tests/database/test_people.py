"""People in the database: what was there before corrections, and a revision that rises with every change."""

from __future__ import annotations

import psycopg

from kanta_core.database.migrate import migrate_up

_EVENT = """
    WITH event AS (INSERT INTO events (next_cluster_id) VALUES (9) RETURNING id),
         image AS (INSERT INTO images (event_id, blob_name, name, sha256, width, height, encoder, status, faces)
                   SELECT id, 'wedding/a', 'a', sha256('a'), 1, 1, 'e', 'encoded', 6 FROM event
                   RETURNING event_id, id),
         person AS (INSERT INTO people (event_id, cluster_id, name)
                    SELECT id, n, CASE WHEN n = 2 THEN 'Anna' END FROM event, generate_series(1, 3) n)
    INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder, embedding,
                       cluster_id)
    SELECT gen_random_uuid(), event_id, id, n, 0, 1, 1, '{}', 0, 1, 'e', array_fill(0::real, '{128}'),
           CASE WHEN n = 0 THEN -1 ELSE (n + 1) / 2 END
      FROM image, generate_series(0, 5) n
"""


def test_people_who_were_there_before_corrections_stay_who_they_are(empty_database: str) -> None:
    migrate_up(empty_database, to=1)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute(_EVENT)
        before = connection.execute("SELECT id, cluster_id FROM faces ORDER BY id").fetchall()
        migrate_up(empty_database)
        assert connection.execute("SELECT id, grouped_as FROM faces ORDER BY id").fetchall() == before
        assert connection.execute("SELECT id, cluster_id FROM faces ORDER BY id").fetchall() == before
        # A name is a statement, which the next recluster obeys.
        made = connection.execute("SELECT id, kind::text, cluster_id, name, next_cluster_id FROM corrections")
        assert made.fetchall() == [(1, "name", 2, "Anna", 9)]


def test_whatever_changes_a_persons_faces_raises_its_revision_and_no_others(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(_EVENT)

        def changed_by(statement: str) -> list[int]:
            now = "SELECT cluster_id, revision FROM people ORDER BY 1"
            before: dict[int, int] = dict(connection.execute(now.encode()).fetchall())
            connection.execute(statement.encode())
            after: dict[int, int] = dict(connection.execute(now.encode()).fetchall())
            assert all(after[number] >= before[number] for number in before)
            return [number for number in before if after[number] > before[number]]

        assert changed_by("UPDATE faces SET cluster_id = 3 WHERE cluster_id = 2 AND x = 2") == []
        assert changed_by("UPDATE faces SET cluster_id = 3 WHERE cluster_id = 2 AND x = 3") == [2, 3]
        assert changed_by("UPDATE faces SET score = 2, grouped_as = 7") == []
        assert changed_by("UPDATE faces SET cluster_id = -1 WHERE cluster_id = 1 AND x = 1") == [1]
        assert changed_by("DELETE FROM faces WHERE cluster_id = 2") == [2]
        assert changed_by(
            """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder,
                                  embedding, cluster_id)
               SELECT gen_random_uuid(), event_id, image_id, 9, 9, 1, 1, '{}', 0, 1, 'e', embedding, 2
                 FROM faces LIMIT 1"""
        ) == [2]
        # By cascade, too.
        assert changed_by("DELETE FROM images") == [1, 2, 3]
