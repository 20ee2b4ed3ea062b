"""`python -m checks`: runs every check on this checkout, prints what they found, exits 1 if that is anything."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from checks import bicep, contents, dockerfile, docs, locks, policies, roles, settings, triggers

Check = Callable[[Path], list[str]]

CHECKS: tuple[Check, ...] = (
    locks.check,
    dockerfile.check,
    contents.check,
    docs.check,
    bicep.check,
    settings.check,
    triggers.check,
    roles.check,
    policies.check,
)


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    findings = [
        f"{check.__module__.removeprefix('checks.')}: {finding}" for check in CHECKS for finding in check(root)
    ]
    for finding in findings:
        print(finding, file=sys.stderr)  # noqa: T201 - what the command is for
    if not findings:
        print(f"{len(CHECKS)} checks found nothing")  # noqa: T201 - same
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
