"""`python -m scale [gathering …] [--size small|large] [--seed N]`: the tables of docs/scale.md, as Markdown.

All of them take two to three minutes of one core, dinner and wedding a few seconds.
"""

from __future__ import annotations

import argparse
import sys

from scale.gatherings import ALL
from scale.service_times import recorded
from scale.sizes import LARGE, SMALL
from scale.tables import assumptions, limit_table, outcome_tables, service_table, standing_table


def main() -> None:
    names = [gathering.name for gathering in ALL]
    sizes = {size.name: size for size in (SMALL, LARGE)}
    parser = argparse.ArgumentParser(prog="scale", description=__doc__)
    parser.add_argument(
        "gatherings", nargs="*", metavar="gathering", help=f"of {', '.join(names)}; all by default"
    )
    parser.add_argument("--size", choices=sizes, help="both by default")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    for name in given.gatherings:
        if name not in names:
            parser.error(f"there is no gathering {name}")
    chosen = [gathering for gathering in ALL if not given.gatherings or gathering.name in given.gatherings]
    wanted = [sizes[given.size]] if given.size else list(sizes.values())
    times = recorded()
    for table in (
        assumptions(times, wanted),
        service_table(times),
        outcome_tables(chosen, wanted, times, seed=given.seed),
        limit_table(chosen, wanted, times),
        standing_table(wanted),
    ):
        sys.stdout.write(table + "\n")


if __name__ == "__main__":
    main()
