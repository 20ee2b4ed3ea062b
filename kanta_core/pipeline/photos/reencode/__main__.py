"""`python -m kanta_core.pipeline.photos.reencode EVENT_CODE | --all [--encoder-not VERSION]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from kanta_core.database import events
from kanta_core.errors import KantaError
from kanta_core.pipeline.photos.reencode import reencode
from kanta_core.services import Services, build
from kanta_core.settings import Settings, load


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m kanta_core.pipeline.photos.reencode",
        description="Have photos encoded once more. They keep their faces until the new ones replace them.",
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("event_code", nargs="?")
    which.add_argument("--all", action="store_true", help="the photos of every event")
    parser.add_argument("--encoder-not", metavar="VERSION", help="only photos that another encoder looked at")
    given = parser.parse_args(arguments)
    try:
        services = build(load(Settings))
        try:
            for code in _codes(services) if given.all else [given.event_code]:
                count = reencode(services, code, encoder_not=given.encoder_not)
                print(f"{code}: {count} photos to encode once more")
        finally:
            services.close()
    except KantaError as error:
        print(error.message, file=sys.stderr)
        return 1
    return 0


def _codes(services: Services) -> list[str]:
    with services.database.transaction() as connection:
        return [event.code for event in events.list_all(connection, running=None)]


if __name__ == "__main__":
    sys.exit(main())
