"""Invitations: which token an event's organisers share, and where its QR code is."""

from __future__ import annotations

import uuid

from kanta_core.database.pool import Connection

# The event's invitation, whether it still lets anybody in or not.
FIND = "SELECT token_id, qr_code_blob FROM invitations WHERE event_id = %(event_id)s"

# An event has one; a new one takes the place of the former.
PUT = """
    INSERT INTO invitations (event_id, token_id, qr_code_blob)
    VALUES (%(event_id)s, %(token_id)s, %(qr_code_blob)s)
    ON CONFLICT (event_id) DO UPDATE SET token_id = excluded.token_id, qr_code_blob = excluded.qr_code_blob
"""

DELETE = "DELETE FROM invitations WHERE event_id = %(event_id)s"

# Every guest link of the event, whichever invitation it was made with.
REVOKE_LINKS = """
    UPDATE tokens t SET revoked_at = coalesce(t.revoked_at, clock_timestamp())
      FROM guest_links g
     WHERE g.event_id = %(event_id)s AND t.event_id = g.event_id AND t.id = g.token_id
"""


def find(connection: Connection, event_id: uuid.UUID) -> tuple[uuid.UUID, str] | None:
    """The invitation's token and the blob of its QR code; None: the event has none."""
    return connection.execute(FIND, {"event_id": event_id}).fetchone()


def put(connection: Connection, event_id: uuid.UUID, token_id: uuid.UUID, qr_code_blob: str) -> None:
    """Make this the event's invitation. Runs under the event's lock."""
    values = {"event_id": event_id, "token_id": token_id, "qr_code_blob": qr_code_blob}
    connection.execute(PUT, values)


def delete(connection: Connection, event_id: uuid.UUID) -> None:
    connection.execute(DELETE, {"event_id": event_id})


def revoke_links(connection: Connection, event_id: uuid.UUID) -> None:
    """Let nobody in with any guest link of the event. Runs under the event's lock: none is being made."""
    connection.execute(REVOKE_LINKS, {"event_id": event_id})
