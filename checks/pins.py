"""A file of pinned requirements, as `make lock` writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# Who asks for it, where pyproject.toml does: "kanta (pyproject.toml:laptop)", or without a group.
PROJECT: Final = re.compile(r"kanta \(pyproject\.toml(?::(?P<group>[\w-]+))?\)")
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of one package: its hashes, and who asks for it (packages, or `PROJECT`)."""

    requirement: Requirement
    hashes: frozenset[str]
    asked_by: frozenset[str]

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str | None:
        """The exact version; None where the line allows others."""
        exact = re.fullmatch(r"==([^*,]+)", str(self.requirement.specifier))
        return exact[1] if exact else None


def read(path: Path) -> list[Pin]:
    """The pins, in the order of the file; a package has several where its version depends on Python's."""
    blocks: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line[:1].isalnum():
            blocks.append([])
        if blocks and line[:1] != "#":
            blocks[-1].append(line)
    return [_pin(block) for block in blocks]


def _pin(block: list[str]) -> Pin:
    requirement = Requirement(block[0].removesuffix("\\").strip())
    comments = (line.strip().lstrip("#").strip().removeprefix("via").strip() for line in block[1:] if "#" in line)
    return Pin(
        requirement,
        frozenset(_HASH.findall("\n".join(block))),
        frozenset(who for who in comments if who),
    )
