"""Notices: what webhooks are yet to be told.

Written in the transaction of what they tell of, under the event's lock, so that nothing is told that did not
happen, nothing is missed, and each webhook's notices are numbered in the order in which things happened.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection

from psycopg.rows import dict_row

from kanta_core.database.pool import Connection
from kanta_core.database.webhooks import with_good_maker
from kanta_core.domain.webhooks import Delivery, NoticeKind

# How many photos one request tells of.
_MOST = 100

# Part of a statement: whether anybody wants to know of the photos of an event.
is_asked_for = """
    EXISTS (SELECT FROM webhooks w WHERE w.event_id = images.event_id AND 'photo.encoded' = ANY(w.kinds))
"""

# A photo is encoded.
TELL_ENCODED = f"""
    INSERT INTO notices (webhook_id, kind, data)
    SELECT w.id, 'photo.encoded', jsonb_build_object(
               'image_uuid', i.id, 'name', i.name, 'faces', i.faces, 'width', i.width, 'height', i.height,
               'taken_at', i.taken_at)
      FROM images i
      JOIN webhooks w ON w.event_id = i.event_id AND 'photo.encoded' = ANY(w.kinds) AND {with_good_maker}
     WHERE i.id = %(image_id)s
"""

# People changed since they were told of last.
TELL_PEOPLE = f"""
    WITH asking AS (
        SELECT w.id FROM webhooks w
         WHERE w.event_id = %(event_id)s AND 'people.changed' = ANY(w.kinds) AND {with_good_maker}),
    changed AS (
        UPDATE people p SET told_revision = p.revision
         WHERE p.event_id = %(event_id)s AND p.told_revision < p.revision AND EXISTS (SELECT FROM asking)
        RETURNING p.cluster_id)
    INSERT INTO notices (webhook_id, kind, data)
    SELECT a.id, 'people.changed', jsonb_build_object('cluster_ids', c.cluster_ids)
      FROM asking a, (SELECT jsonb_agg(cluster_id ORDER BY cluster_id) AS cluster_ids
                        FROM (SELECT cluster_id FROM changed UNION SELECT unnest(%(gone)s::integer[])) them) c
     WHERE c.cluster_ids IS NOT NULL
"""

# Webhooks that are to be told something now and for which no message is on its way, marked as asked for now.
TAKE_DUE = f"""
    UPDATE webhooks w SET queued_at = clock_timestamp()
     WHERE w.due_at <= clock_timestamp()
       AND (w.queued_at IS NULL OR w.queued_at < clock_timestamp() - make_interval(secs => %(lost)s))
       AND {with_good_maker}
       AND EXISTS (SELECT FROM notices n WHERE n.webhook_id = w.id)
       AND EXISTS (SELECT FROM events e WHERE e.id = w.event_id AND NOT e.erasing)
    RETURNING w.id
"""

# A webhook with its oldest notice, held: one decides at a time what is in the next request.
OLDEST = f"""
    SELECT w.id AS webhook_id, w.url, w.secret, w.tries, c.code AS event_code, n.kind::text AS kind, n.delivery_id
      FROM webhooks w
      JOIN events e ON e.id = w.event_id AND NOT e.erasing
      JOIN event_codes c ON c.event_id = w.event_id AND c.is_current
     CROSS JOIN LATERAL (
            SELECT f.* FROM unnest(w.kinds) AS k (kind)
             CROSS JOIN LATERAL (SELECT * FROM notices
                                  WHERE webhook_id = w.id AND kind = k.kind ORDER BY id LIMIT 1) f
             ORDER BY f.id LIMIT 1) n
     WHERE w.id = %(webhook_id)s AND {with_good_maker}
       FOR UPDATE OF w
"""

# The oldest notices of a kind are told together from now on.
GATHER = """
    UPDATE notices SET delivery_id = %(delivery_id)s
     WHERE id IN (SELECT id FROM notices WHERE webhook_id = %(webhook_id)s AND kind = %(kind)s
                   ORDER BY id LIMIT %(most)s)
"""

# What is told together, and when the last of it happened.
GATHERED = """
    SELECT array_agg(data ORDER BY id) AS told, max(created_at) AS created_at
      FROM (SELECT * FROM notices WHERE webhook_id = %(webhook_id)s AND kind = %(kind)s
             ORDER BY id LIMIT %(most)s) oldest
     WHERE delivery_id = %(delivery_id)s
"""

# It was told.
TOLD = (
    "DELETE FROM notices WHERE webhook_id = %(webhook_id)s AND kind = %(kind)s AND delivery_id = %(delivery_id)s"
)
SUCCEEDED = """
    UPDATE webhooks
       SET tries = 0, failing_since = NULL, last_error = NULL, delivered_at = clock_timestamp(),
           due_at = clock_timestamp()
     WHERE id = %(webhook_id)s
"""

# It could not be told: when the next try is due, and what it is never told.
FAILED = """
    WITH given_up AS (
        DELETE FROM notices
         WHERE webhook_id = %(webhook_id)s
           AND created_at < clock_timestamp() - make_interval(secs => %(given_up_after)s)
           -- What is told together is given up together.
           AND (delivery_id IS DISTINCT FROM %(delivery_id)s
                OR %(created_at)s < clock_timestamp() - make_interval(secs => %(given_up_after)s))
        RETURNING id)
    UPDATE webhooks
       SET tries = tries + 1, failing_since = coalesce(failing_since, clock_timestamp()), last_error = %(reason)s,
           due_at = clock_timestamp() + make_interval(secs => %(pause)s), queued_at = NULL,
           given_up = given_up + (SELECT count(*) FROM given_up)
     WHERE id = %(webhook_id)s
"""

# Its message is worked off.
SETTLED = "UPDATE webhooks SET queued_at = NULL WHERE id = %(webhook_id)s"


def tell_encoded(connection: Connection, image_id: uuid.UUID) -> None:
    """Have webhooks told that the image is encoded. Runs under the event's lock."""
    connection.execute(TELL_ENCODED, {"image_id": image_id})


def tell_people(connection: Connection, event_id: uuid.UUID, *, gone: Collection[int] = ()) -> None:
    """Have webhooks told which people changed since they were told last, and which are `gone` without a trace.

    Runs under the event's lock.
    """
    connection.execute(TELL_PEOPLE, {"event_id": event_id, "gone": list(gone)})


def take_due(connection: Connection, *, lost_after: float) -> list[uuid.UUID]:
    """Webhooks to tell something now, each once; a message that is older than this, in seconds, got lost."""
    return [webhook_id for (webhook_id,) in connection.execute(TAKE_DUE, {"lost": lost_after})]


def next_delivery(connection: Connection, webhook_id: uuid.UUID) -> Delivery | None:
    """What the webhook is to be told next; None when that is nothing. It stays the same until it was told."""
    with connection.cursor(row_factory=dict_row) as cursor:
        oldest = cursor.execute(OLDEST, {"webhook_id": webhook_id}).fetchone()
        if oldest is None:
            return None
        gathered_as = oldest.pop("delivery_id")
        delivery_id = gathered_as or uuid.uuid4()
        values = {"webhook_id": webhook_id, "kind": oldest["kind"], "delivery_id": delivery_id, "most": _MOST}
        if gathered_as is None:
            cursor.execute(GATHER, values)
        gathered = cursor.execute(GATHERED, values).fetchone()
    assert gathered is not None
    return Delivery(id=delivery_id, **{**oldest, **gathered, "kind": NoticeKind(oldest["kind"])})


def told(connection: Connection, delivery: Delivery) -> None:
    """The webhook knows now."""
    values = {"webhook_id": delivery.webhook_id, "kind": str(delivery.kind), "delivery_id": delivery.id}
    connection.execute(TOLD, values)
    connection.execute(SUCCEEDED, values)


def not_told(
    connection: Connection, delivery: Delivery, *, reason: str, pause: float, given_up_after: float
) -> None:
    """Try again in `pause` seconds; what happened longer ago than `given_up_after` is never told."""
    values = {
        "webhook_id": delivery.webhook_id,
        "delivery_id": delivery.id,
        "created_at": delivery.created_at,
        "reason": reason,
        "pause": pause,
        "given_up_after": given_up_after,
    }
    connection.execute(FAILED, values)


def settle(connection: Connection, webhook_id: uuid.UUID) -> None:
    connection.execute(SETTLED, {"webhook_id": webhook_id})
