"""`python -m demo --photos <zip, folder or nothing> --serve 1|0`: what `make demo` runs."""

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from kanta_client import ApiError
from photo_source import NoPhotosError
from retries import NoAnswerError
from rich.console import Console
from seeding import SeedError

from demo.demonstration import Wish, demonstrate
from demo.errors import DemoError
from devhost import lifeline, preflight
from devhost.config import Config


def main() -> int:
    """0 when every photo was encoded and its people shown; 1 when anything went wrong."""
    parser = argparse.ArgumentParser(prog="demo", description=sys.modules["demo"].__doc__)
    parser.add_argument("--photos", default="", help="a zip or folder; nothing for the sample photos")
    parser.add_argument("--serve", choices=["0", "1"], default="1", help="1 keeps serving until Ctrl-C")
    given = parser.parse_args()
    if "MAKELEVEL" in os.environ:
        lifeline.watch_parent(os.getppid(), signal.SIGTERM)
    received: list[int] = []

    def stop(number: int, _frame: object) -> None:
        # The event loop ends in good order on SIGINT alone.
        received.append(number)
        signal.raise_signal(signal.SIGINT)

    # A shell script starts what it puts into the background deaf to SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        config = Config.load(Path.cwd(), os.environ)
        data_dir = preflight.private_folder(config.data_dir)
        wish = Wish(photos=given.photos, serve=given.serve == "1", url=config.url, data_dir=data_dir)
        problems = asyncio.run(demonstrate(wish, Console(markup=False, highlight=False, soft_wrap=True)))
    except (DemoError, preflight.StartupError, NoPhotosError, SeedError, NoAnswerError, ApiError) as error:
        problems = [str(error)]
    except KeyboardInterrupt:
        return 128 + (received[0] if received else signal.SIGINT)
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
