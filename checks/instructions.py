"""A Dockerfile as its stages and their instructions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_CONTINUED: Final = re.compile(r"\\\n(?:\s*#.*\n)*\s*")


@dataclass(frozen=True, slots=True)
class Instruction:
    """A word in upper case and what stands behind it, on one line."""

    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Stage:
    """What one FROM begins: the stage's name ("" where it has none) and the image or stage it builds on."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, word: str) -> list[str]:
        """What stands behind each instruction of this word, in order."""
        return [each.rest for each in self.instructions if each.word == word]


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The arguments before the first FROM (a default of None: there is none), and the stages."""

    arguments: dict[str, str | None]
    stages: list[Stage]

    @property
    def final(self) -> Stage:
        """The stage that becomes the image."""
        return self.stages[-1]

    def lineage(self, stage: Stage) -> list[Stage]:
        """The stage and those it builds on, down to the image from elsewhere."""
        line = [stage]
        while below := next((each for each in self.stages if each.name == line[-1].base), None):
            line.append(below)
        return line


def read(path: Path) -> Dockerfile:
    """The file, its comments left out and its continued lines joined; ValueError where it has no stage."""
    arguments: dict[str, str | None] = {}
    stages: list[Stage] = []
    for line in _CONTINUED.sub("", path.read_text(encoding="utf-8")).splitlines():
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if word.upper() == "FROM":
            base, _, name = rest.partition(" AS ")
            stages.append(Stage(name.strip(), base.strip()))
        elif stages:
            stages[-1].instructions.append(Instruction(word.upper(), rest.strip()))
        else:
            name, _, default = rest.partition("=")
            arguments[name] = default or None
    if not stages:
        raise ValueError(f"{path} has no FROM")
    return Dockerfile(arguments, stages)
