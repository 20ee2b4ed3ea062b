"""`python -m kanta_core.storage`: creates what is missing in the account, and lets Kanta's pages write there."""

from __future__ import annotations

import sys
from datetime import timedelta

from kanta_core.errors import KantaError
from kanta_core.settings import Settings, load
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.cors import origins_of
from kanta_core.storage.queues import Queues


def main() -> int:
    try:
        settings = load(Settings)
        connection_string = settings.storage_connection.get_secret_value()
        blobs = Blobs(connection_string, link_lifetime=timedelta())
        blobs.create_containers()
        blobs.allow_pages(origins_of(settings))
        Queues(connection_string).create_queues()
    except KantaError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
