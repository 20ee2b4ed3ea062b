"""The schema: every statement fits it, and it refuses what must never be."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors

from kanta_core import database


def statements() -> Iterator[tuple[str, str]]:
    for module in pkgutil.iter_modules(database.__path__, "kanta_core.database."):
        if module.ispkg:
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.isupper() and not name.startswith("_") and isinstance(value, str):
                yield f"{module.name.rsplit('.', 1)[-1]}.{name}", value


def test_every_statement_fits_the_schema(database_url: str, subtests: pytest.Subtests) -> None:
    found = dict(statements())
    assert {"events.FIND", "images.PAGE", "claims.INHERIT", "people.LIST", "inventory.KNOWN"} <= found.keys()
    with psycopg.connect(database_url) as connection:
        for name, statement in found.items():
            # COPY has no plan to ask for; the pipeline's tests write and read faces by it.
            if "COPY" in statement:
                continue
            text = statement.format(operator="<=>") if "{operator}" in statement else statement
            values = dict.fromkeys(re.findall(r"%\((\w+)\)s", text))
            with subtests.test(name), connection.transaction():
                assert connection.execute(f"EXPLAIN {text}".encode(), values).fetchall()


INSERT = (
    "INSERT INTO images (event_id, blob_name, name, {columns}) SELECT id, 'wedding/b', 'b', {values} FROM events"
)

TOKEN = """
    INSERT INTO tokens (event_id, sha256, scopes, made_by, created_at, expires_at)
    SELECT id, sha256('a'), {scopes}, {made_by}, now(), now() + interval '{life} h' FROM events
"""

GUEST = """
    INSERT INTO guest_people (event_id, token_id, cluster_id, face_ids)
    SELECT id, gen_random_uuid(), {cluster_id}, {face_ids} FROM events
"""

NEVER = {
    "a duplicate of nothing": (INSERT.format(columns="status", values="'duplicate'"), errors.CheckViolation),
    "a copy that is no duplicate": (
        INSERT.format(columns="duplicate_of", values="(SELECT id FROM images)"),
        errors.CheckViolation,
    ),
    "encoded without hash and size": (INSERT.format(columns="status", values="'encoded'"), errors.CheckViolation),
    "faces before it is encoded": (INSERT.format(columns="faces", values="1"), errors.CheckViolation),
    "a hash that is none": (INSERT.format(columns="sha256", values="'x'"), errors.CheckViolation),
    "two holders of the same bytes": (
        INSERT.format(columns="sha256", values="(SELECT sha256 FROM images)"),
        errors.UniqueViolation,
    ),
    "two images of one blob": (
        "INSERT INTO images (event_id, blob_name, name) SELECT event_id, blob_name, '' FROM images",
        errors.UniqueViolation,
    ),
    "a duplicate of an image that is not there": (
        INSERT.format(columns="status, duplicate_of", values="'duplicate', gen_random_uuid()"),
        errors.ForeignKeyViolation,
    ),
    "once more what was never encoded": ("UPDATE images SET encode_again = true", errors.CheckViolation),
    "a face better than can be": (
        """INSERT INTO faces (id, event_id, image_id, x, y, width, height, landmarks, score, quality, encoder,
                              embedding)
           SELECT id, event_id, id, 0, 0, 1, 1, '{}', 0, 1.1, '', array_fill(0::real, '{128}') FROM images""",
        errors.CheckViolation,
    ),
    "people ahead of the faces": ("UPDATE events SET people_revision = faces_revision + 1", errors.CheckViolation),
    "an end before the start": (
        "UPDATE events SET start_date_time = now(), end_date_time = now() - interval '1 s'",
        errors.CheckViolation,
    ),
    "two current codes": ("INSERT INTO event_codes SELECT 'other', id, true FROM events", errors.UniqueViolation),
    "a code in capitals": ("INSERT INTO event_codes SELECT 'Other', id, false FROM events", errors.CheckViolation),
    "a person without a number": ("INSERT INTO people SELECT id, 0 FROM events", errors.CheckViolation),
    "a correction of nobody": (
        "INSERT INTO corrections (event_id, id, kind, next_cluster_id) SELECT id, 1, 'name', 1 FROM events",
        errors.CheckViolation,
    ),
    "a move to nobody": (
        """INSERT INTO corrections (event_id, id, kind, face_ids, next_cluster_id)
           SELECT id, 1, 'move', ARRAY[id], 1 FROM events""",
        errors.CheckViolation,
    ),
    "a move of nothing": (
        """INSERT INTO corrections (event_id, id, kind, other_cluster_id, next_cluster_id)
           SELECT id, 1, 'move', 1, 1 FROM events""",
        errors.CheckViolation,
    ),
    "hidden or not, nobody says": (
        """INSERT INTO corrections (event_id, id, kind, cluster_id, next_cluster_id)
           SELECT id, 1, 'hide', 1, 1 FROM events""",
        errors.CheckViolation,
    ),
    "a token that lets do nothing": (TOKEN.format(scopes="'{}'", made_by="NULL", life=1), errors.CheckViolation),
    "a token that ends before it begins": (
        TOKEN.format(scopes="'{browse}'", made_by="NULL", life=-1),
        errors.CheckViolation,
    ),
    "a token that manages, made with a token": (
        TOKEN.format(scopes="'{manage}'", made_by="gen_random_uuid()", life=1),
        errors.CheckViolation,
    ),
    "a token made with one that is not the event's": (
        TOKEN.format(scopes="'{browse}'", made_by="gen_random_uuid()", life=1),
        errors.ForeignKeyViolation,
    ),
    "a token kept as it is": (
        """INSERT INTO tokens (event_id, sha256, scopes, created_at, expires_at)
           SELECT id, 'kanta_token', '{browse}', now(), now() + interval '1 h' FROM events""",
        errors.CheckViolation,
    ),
    "an export that is ready and has no end": (
        "INSERT INTO exports (event_id, kind, status) SELECT id, 'zip', 'ready' FROM events",
        errors.CheckViolation,
    ),
    "an export that failed for no reason": (
        "INSERT INTO exports (event_id, kind, status) SELECT id, 'zip', 'failed' FROM events",
        errors.CheckViolation,
    ),
    "the same export twice at once": (
        "INSERT INTO exports (event_id, kind) SELECT id, 'csv' FROM events, generate_series(1, 2)",
        errors.UniqueViolation,
    ),
    "a guest's table of faces": (
        "INSERT INTO exports (event_id, kind, token_id) SELECT id, 'csv', gen_random_uuid() FROM events",
        errors.CheckViolation,
    ),
    "a webhook that is told nothing": (
        "INSERT INTO webhooks (event_id, url, kinds, secret) SELECT id, '', '{}', sha256('') FROM events",
        errors.CheckViolation,
    ),
    "a webhook without a secret": (
        "INSERT INTO webhooks (event_id, url, kinds, secret) SELECT id, '', '{photo.encoded}', '' FROM events",
        errors.CheckViolation,
    ),
    "a notice for nobody": (
        "INSERT INTO notices (webhook_id, kind, data) VALUES (gen_random_uuid(), 'photo.encoded', '{}')",
        errors.ForeignKeyViolation,
    ),
    "a link whose token is not there": (
        """INSERT INTO guest_links (event_id, token_id, consent_version, consented_at)
           SELECT id, gen_random_uuid(), '1', now() FROM events""",
        errors.ForeignKeyViolation,
    ),
    "a guest who is nobody": (GUEST.format(cluster_id=1, face_ids="'{}'"), errors.CheckViolation),
    "a guest who is in no person": (GUEST.format(cluster_id=-1, face_ids="ARRAY[id]"), errors.CheckViolation),
    "a guest without a link": (GUEST.format(cluster_id=1, face_ids="ARRAY[id]"), errors.ForeignKeyViolation),
    "an invitation without its token": (
        "INSERT INTO invitations SELECT id, gen_random_uuid(), 'a.svg' FROM events",
        errors.ForeignKeyViolation,
    ),
    "a face forgotten in bytes that are none": (
        "INSERT INTO forgotten_faces SELECT id, 'x', 0, 0, 1, 1 FROM events",
        errors.CheckViolation,
    ),
    "a drop that is none": ("INSERT INTO drops (blob_name) VALUES ('a')", errors.CheckViolation),
    "a drop that waits for ever": (
        "INSERT INTO drops (blob_name, code, problem) VALUES ('a', 'b', 'c')",
        errors.CheckViolation,
    ),
}


def test_what_must_never_be_is_refused(database_url: str, subtests: pytest.Subtests) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            """WITH event AS (INSERT INTO events DEFAULT VALUES RETURNING id),
                    code AS (INSERT INTO event_codes SELECT 'wedding', id, true FROM event)
               INSERT INTO images (event_id, blob_name, name, sha256)
               SELECT id, 'wedding/a', 'a', sha256('a') FROM event"""
        )
        for name, (statement, error) in NEVER.items():
            with subtests.test(name), pytest.raises(error), connection.transaction():
                connection.execute(statement.encode())
