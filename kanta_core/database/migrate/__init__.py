"""Migrations: `migrations/NNNN_name.sql`, applied in order, once, and remembered in `schema_migrations`.

`python -m kanta_core.database.migrate --help` runs them by hand; the rest of Kanta asks `applied_version` and
`latest_version` whether the schema is the one its code needs.
"""

from kanta_core.database.migrate.files import Migration, MigrationError, latest_version
from kanta_core.database.migrate.history import applied_version
from kanta_core.database.migrate.runner import migrate_down, migrate_up

__all__ = [
    "Migration",
    "MigrationError",
    "applied_version",
    "latest_version",
    "migrate_down",
    "migrate_up",
]
