"""`python -m kanta_core.storage`: creates Kanta's containers and queues where they are missing."""

from __future__ import annotations

import sys
from datetime import timedelta

from kanta_core.errors import KantaError
from kanta_core.settings import Settings, load
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.queues import Queues


def main() -> int:
    try:
        connection_string = load(Settings).storage_connection.get_secret_value()
        Blobs(connection_string, link_lifetime=timedelta()).create_containers()
        Queues(connection_string).create_queues()
    except KantaError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
