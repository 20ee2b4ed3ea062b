"""`python -m bench [section …]`: the benchmarks, or those named."""

from __future__ import annotations

import argparse
import importlib

_SECTIONS = (
    "encoding",
    "recall",
    "composites",
    "faceless",
    "verification",
    "decoding",
    "grouping",
    "held_back",
    "search",
    "guests",
    "pipeline",
    "telemetry",
    "scale",
)
# Only when named: these take many minutes, or print what is then written into the code.
_BY_NAME = ("fit_doubts", "fit_people", "fit_quality", "fit_searches", "fuzz")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "sections",
        nargs="*",
        metavar="section",
        help=f"of {', '.join(_SECTIONS)}, which is all by default, and {', '.join(_BY_NAME)}",
    )
    chosen = parser.parse_args().sections or _SECTIONS
    for section in chosen:
        if section not in (*_SECTIONS, *_BY_NAME):
            parser.error(f"there is no section {section}")
        importlib.import_module(f"bench.{section}").run()


if __name__ == "__main__":
    main()
