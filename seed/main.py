# /// script
# requires-python = ">=3.11"
# dependencies = ["httpx>=0.28,<1", "rich>=14,<16"]
# ///
"""Seeds an event with photos: `uv run main.py --help`."""

import argparse
import asyncio
import math
import os
import signal
import sys
from pathlib import Path

import httpx
from outcomes import ExitStatus
from photo_source import NoPhotosError
from rich.console import Console
from seeding import Options, SeedError, seed
from terminal import TerminalReport

_LAST_PORT = 65535
_EPILOGUE = """\
exit status: 0 every photo is in the event; 1 some failed; 2 wrong usage, no photos, no API, or no event;
130 interrupted
"""


def options_from(arguments: list[str], environment: dict[str, str]) -> Options:
    """The options on the command line; prints what is wrong with them and exits with status 2 otherwise."""
    parser = argparse.ArgumentParser(
        prog="main.py",
        description="Puts the photos of a zip or folder into an event of Kanta. "
        "Safe to repeat: a photo that is there already stays as it is.",
        epilog=_EPILOGUE,
    )
    option = parser.add_argument
    option("--batch-size", type=_count, default=5, help="photos uploaded at once (%(default)s)")
    option("--delay", type=_seconds, default=0.5, help="seconds between two batches (%(default)s)")
    option("--event-code", default="test-yale-faces", help="the event, created if need be (%(default)s)")
    option("--api-url", type=_url, default="http://localhost:7071", help="where Kanta serves (%(default)s)")
    option("--photos", type=Path, default=Path("data/yale_png.zip"), help="a zip or folder (%(default)s)")
    option("--api-key", help="sent as a bearer token (KANTA_API_KEY of the environment)")
    given = parser.parse_args(arguments)
    key = given.api_key or environment.get("KANTA_API_KEY") or None
    if key and not (key.isascii() and key.isprintable()):
        parser.error("the API key has characters that no key has")
    return Options(
        photos=given.photos,
        event_code=given.event_code,
        api_url=given.api_url,
        api_key=key,
        batch_size=given.batch_size,
        delay=given.delay,
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of photos")
    return int(text)


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number >= 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def _url(text: str) -> str:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in {"http", "https"} or not url.host or (url.port or 0) > _LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no http:// or https:// URL")
    return text.rstrip("/")


def main() -> int:
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    # A shell script starts what it puts into the background deaf to SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = options_from(sys.argv[1:], dict(os.environ))
    try:
        return asyncio.run(seed(options, TerminalReport(Console()))).exit_status
    except (NoPhotosError, SeedError) as error:
        print(error, file=sys.stderr)
        return ExitStatus.NOTHING_DONE
    except KeyboardInterrupt:
        return ExitStatus.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
