"""Probe: does the database take what is written, and give it back?"""

from __future__ import annotations

import uuid

from kanta_core.database.pool import Connection
from kanta_core.errors import DatabaseUnavailable

# A drop that can have no event: if it ever were seen, it would be clear what it is.
WRITE = "INSERT INTO drops (blob_name, name, problem) VALUES (%(name)s, %(name)s, 'A check of the health.')"
TAKE_BACK = "DELETE FROM drops WHERE blob_name = %(name)s"


def write_and_take_back(connection: Connection) -> None:
    """Write a row, find it and delete it; nobody else ever sees it. DatabaseUnavailable when it is not found."""
    values = {"name": f"health/{uuid.uuid4()}"}
    connection.execute(WRITE, values)
    if connection.execute(TAKE_BACK, values).rowcount != 1:
        raise DatabaseUnavailable("The database does not keep what it took.")
