"""The Bicep files of a checkout: parsed, walked, and what they name.

There is no Bicep compiler here. pycep reads the language; what a name means is worked out below, as far as the
checks need it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from lark.exceptions import LarkError
from pycep import BicepParser

_COMMENT: Final = re.compile(r"^\s*//.*$", re.MULTILINE)
_KEY: Final = re.compile(r"(?:^|[{,])[ \t]*[\w-]+:(?!:)", re.MULTILINE)
_NAME: Final = re.compile(r"(?<![.\w@:])[A-Za-z_]\w*(?!\w*\()")
_LOCAL: Final = re.compile(r"\bfor \(?(\w+)(?:, (\w+)\))? in\b|\b(\w+) =>")
_WORDS: Final = frozenset(
    {
        "targetScope",
        "existing",
        "if",
        "for",
        "in",
        "true",
        "false",
        "null",
        "string",
        "int",
        "bool",
        "array",
        "object",
    }
)


@dataclass(frozen=True)
class Template:
    """One Bicep file. `parsed` is what pycep makes of it; a name in it looks like a string of the same letters."""

    path: Path
    text: str
    parsed: dict[str, Any]

    @property
    def parameters(self) -> dict[str, Any]:
        return dict(self.parsed.get("parameters", {}))

    @property
    def required(self) -> set[str]:
        return {name for name, its in self.parameters.items() if its["default"] is None}

    @property
    def outputs(self) -> dict[str, Any]:
        return dict(self.parsed.get("outputs", {}))

    @property
    def resources(self) -> dict[str, Any]:
        return dict(self.parsed.get("resources", {}))

    @property
    def modules(self) -> dict[str, tuple[Path, dict[str, Any]]]:
        """Each module's file, beside its symbol, with the parameters it is given."""
        found = {}
        for symbol, its in self.parsed.get("modules", {}).items():
            config = settled(its["config"])
            found[symbol] = (self.path.parent / its["detail"]["path"], config.get("params", {}))
        return found

    @property
    def declared(self) -> set[str]:
        parts = ("parameters", "variables", "resources", "modules")
        nested = set(re.findall(r"^\s+resource (\w+) '", self.text, re.MULTILINE))
        return nested.union(*(self.parsed.get(part, {}) for part in parts))

    @property
    def named(self) -> set[str]:
        """Every name that an expression uses."""
        code = _code(_COMMENT.sub("", self.text))
        local = {name for found in _LOCAL.findall(code) for name in found if name}
        code = re.sub(r"^\s*@.*$", "", code, flags=re.MULTILINE)
        code = re.sub(r"^\s*(?:param|var|resource|module|output) \w+( \w+(?= =|$))?", "", code, flags=re.MULTILINE)
        return set(_NAME.findall(_KEY.sub(" ", code))) - _WORDS - local


def settled(config: dict[str, Any]) -> dict[str, Any]:
    """What is declared, without the condition or the loop around it."""
    while set(config) - {"loop_type"} == {"condition", "config"}:
        config = config["config"]
    return config


def read(root: Path) -> tuple[list[Template], list[str]]:
    """Every Bicep file below `root`/infra that can be parsed, and a finding for each that can't."""
    templates, findings = [], []
    for path in sorted((root / "infra").rglob("*.bicep")):
        text = path.read_text(encoding="utf-8")
        try:
            templates.append(Template(path, text, _parsed(text)))
        except LarkError as error:
            findings.append(f"{path.relative_to(root)} is no Bicep: {str(error).splitlines()[0]}")
    return templates, findings


def walk(node: object) -> Iterator[dict[str, Any]]:
    """Every object in what pycep made, outermost first."""
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


@lru_cache(maxsize=256)
def _parsed(text: str) -> dict[str, Any]:
    return dict(_parser().parse(text=text))


@lru_cache(maxsize=1)
def _parser() -> BicepParser:
    return BicepParser()


def _code(text: str) -> str:
    """The text without its strings, but with the expressions inside them."""
    code: list[str] = []
    depths: list[int] = []
    quoted = False
    i = 0
    while i < len(text):
        if quoted and text[i] == "\\":
            i += 2
        elif quoted and text.startswith("${", i):
            depths.append(0)
            quoted = False
            code.append(" ")
            i += 2
        elif text[i] == "'":
            quoted = not quoted
            code.append(" ")
            i += 1
        elif not quoted and depths and text[i] == "}" and depths[-1] == 0:
            depths.pop()
            quoted = True
            code.append(" ")
            i += 1
        else:
            if not quoted:
                code.append(text[i])
                if depths and text[i] in "{}":
                    depths[-1] += 1 if text[i] == "{" else -1
            i += 1
    return "".join(code)
