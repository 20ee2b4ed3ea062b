"""`python -m native build` or `install`; `--help` tells more."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path

from native import build, install
from native.errors import Refusal


def main() -> int:
    """0 when it is done, or needless; 1, and a line that says why, when it can't be."""
    parser = argparse.ArgumentParser(prog="native", description=sys.modules["native"].__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    builds = commands.add_parser("build", help="compiles the wheel, or finds the one it made, and prints its path")
    builds.add_argument(
        "--plain", action="store_true", help="as pip builds it without a BLAS: what `make bench` measures beside"
    )
    installs = commands.add_parser("install", help="does that, tries it, and puts it in the place of dlib-bin")
    installs.add_argument("--photos", type=Path, required=True, help="a folder of JPEGs with faces to try it on")
    given = parser.parse_args()
    # So that a compile ends with what started it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    data_dir = Path(os.environ.get("KANTA_DATA_DIR") or ".local")
    try:
        if given.command == "build":
            print(build.wheel(data_dir, os.environ, _say, plain=given.plain))  # noqa: T201 - what is asked for
        else:
            install.install(data_dir, given.photos, os.environ, _say)
    except (Refusal, OSError) as reason:
        _say(f"dlib: {reason}")
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
