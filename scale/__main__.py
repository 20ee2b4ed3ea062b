"""`python -m scale [gathering …] [--size small|large] [--seed N] [--write]`: the tables of docs/scale.md.

All of them take a minute or two of one core, dinner and wedding a second.
"""

from __future__ import annotations

import argparse
import sys

from scale.document import write_tables
from scale.gatherings import ALL
from scale.service_times import recorded
from scale.sizes import LARGE, SMALL
from scale.tables import all_tables


def main() -> None:
    names = [gathering.name for gathering in ALL]
    sizes = {size.name: size for size in (SMALL, LARGE)}
    parser = argparse.ArgumentParser(prog="scale", description=__doc__)
    parser.add_argument(
        "gatherings", nargs="*", metavar="gathering", help=f"of {', '.join(names)}; all by default"
    )
    parser.add_argument("--size", choices=sizes, help="both by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="into docs/scale.md instead")
    given = parser.parse_args()
    for name in given.gatherings:
        if name not in names:
            parser.error(f"there is no gathering {name}")
    if given.write and (given.gatherings or given.size or given.seed):
        parser.error("--write writes all of it")
    chosen = [gathering for gathering in ALL if not given.gatherings or gathering.name in given.gatherings]
    wanted = [sizes[given.size]] if given.size else list(sizes.values())
    tables = all_tables(chosen, wanted, recorded(), seed=given.seed)
    if given.write:
        write_tables(tables)
    else:
        sys.stdout.write("\n".join(tables.values()))


if __name__ == "__main__":
    main()
