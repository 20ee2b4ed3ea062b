"""`python -m kanta_core.storage`: creates what is missing in the account, and lets Kanta's pages write there."""

from __future__ import annotations

import sys
from datetime import timedelta

from kanta_core.errors import KantaError
from kanta_core.identity import Identity
from kanta_core.settings import Settings, load
from kanta_core.storage.account import account_of
from kanta_core.storage.blobs import Blobs
from kanta_core.storage.cors import origins_of
from kanta_core.storage.queues import Queues


def main() -> int:
    try:
        settings = load(Settings)
        account = account_of(settings, Identity(settings.azure_client_id))
        blobs = Blobs(account, link_lifetime=timedelta())
        blobs.create_containers()
        origins = origins_of(settings)
        if not blobs.allow_pages(origins):
            print(
                "Which pages may write into the account is not this identity's to say: unless its CORS rules let "
                f"those of {', '.join(origins)} do so, photos go through Kanta.",
                file=sys.stderr,
            )
        Queues(account).create_queues()
    except KantaError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
