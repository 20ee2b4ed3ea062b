"""`python -m bench [section …]`: every benchmark, or those named."""

from __future__ import annotations

import argparse
import importlib

_SECTIONS = ("encoding", "grouping", "pipeline")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "sections", nargs="*", metavar="section", help=f"of {', '.join(_SECTIONS)}; all by default"
    )
    chosen = parser.parse_args().sections or _SECTIONS
    for section in chosen:
        if section not in _SECTIONS:
            parser.error(f"there is no section {section}")
        importlib.import_module(f"bench.{section}").run()


if __name__ == "__main__":
    main()
