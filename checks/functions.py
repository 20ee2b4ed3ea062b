"""The functions of a checkout as its function_app.py declares them, without importing it."""

from __future__ import annotations

import ast
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TRIGGERS: Final = {"blob_trigger": "blob", "queue_trigger": "queue", "timer_trigger": "timer"}


@dataclass(frozen=True)
class Function:
    """One function: `watches` is its queue's or its container's name, empty for timers and HTTP."""

    name: str
    trigger: str
    watches: str


def read(root: Path) -> list[Function]:
    """Every function of the checkout `root`. ValueError: one is declared in a way that nobody here can read."""
    names = runpy.run_path(str(root / "kanta_core" / "storage" / "names.py"))
    tree = ast.parse((root / "function_app.py").read_text(encoding="utf-8"))
    return [*_http(tree), *_triggered(tree, names)]


def _http(tree: ast.Module) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _called(node).endswith("FunctionApp"):
            for keyword in node.keywords:
                if keyword.arg == "function_name" and isinstance(keyword.value, ast.Constant):
                    yield Function(str(keyword.value.value), "http", "")


def _triggered(tree: ast.Module, names: dict[str, object]) -> Iterator[Function]:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        calls = {_called(call): call for call in node.decorator_list if isinstance(call, ast.Call)}
        kinds = [kind for kind in calls if kind in _TRIGGERS]
        if not kinds:
            continue
        if "function_name" not in calls or len(kinds) != 1:
            raise ValueError(f"function_app.py: {node.name} has no function_name, or not one trigger")
        name = _text(calls["function_name"].args[0], names)
        trigger = _TRIGGERS[kinds[0]]
        watches = "" if trigger == "timer" else _text(calls[kinds[0]].args[1], names)
        yield Function(name, trigger, watches.partition("/")[0])


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(node: ast.expr, names: dict[str, object]) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Attribute(value=ast.Name(id="names"), attr=attr) if attr in names:
            return str(names[attr])
        case ast.JoinedStr(values=parts):
            return "".join(
                _text(part.value if isinstance(part, ast.FormattedValue) else part, names) for part in parts
            )
    raise ValueError(f"function_app.py, line {node.lineno}: {ast.unparse(node)} is no name that names.py has")
